//! The last trades of an instrument, with what it takes to undo one.

use crate::by_slot::read_slot;
use crate::chunks::Chunks;
use crate::integers;
use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::accounts::{Account, Accounts};

/// As `TRADES_KEPT` of the reference.
const TRADES_KEPT: usize = 10_000;

#[derive(Clone, Copy, Debug)]
pub struct KeptSide {
    pub order_id: i64,
    pub account: Account,
    pub slot: u16,
    /// The one of the order's two that the fill was charged at.
    pub fee_rate: i64,
    pub fee_amount: i128,
}

#[derive(Clone, Copy, Debug)]
pub struct KeptTrade {
    /// The corrected one, if there was a correction.
    pub price_ticks: i64,
    pub quantity_lots: i64,
    pub buy: KeptSide,
    pub sell: KeptSide,
    pub busted: bool,
}

/// By trade id, which is dense: a ring.
///
/// Invariant: trade n is at place (n - 1) % TRADES_KEPT.
#[derive(Debug, Default)]
pub struct KeptTrades {
    ring: Chunks<KeptTrade, 500>,
    last: i64,
}

impl KeptTrades {
    pub fn add(&mut self, trade_id: i64, trade: KeptTrade) {
        debug_assert_eq!(trade_id, self.last + 1);
        self.last = trade_id;
        if self.ring.len() < TRADES_KEPT {
            self.ring.push(trade);
        } else {
            self.ring[place(trade_id)] = trade;
        }
    }

    pub fn get(&self, trade_id: i64) -> Option<&KeptTrade> {
        self.ids()
            .contains(&trade_id)
            .then(|| &self.ring[place(trade_id)])
    }

    /// One that is kept, after a bust or correction.
    pub fn replace(&mut self, trade_id: i64, trade: KeptTrade) {
        self.ring[place(trade_id)] = trade;
    }

    /// Its id; 0 where no trade is kept.
    pub fn oldest(&self) -> i64 {
        if self.ring.is_empty() {
            0
        } else {
            *self.ids().start()
        }
    }

    fn ids(&self) -> std::ops::RangeInclusive<i64> {
        self.last - self.ring.len() as i64 + 1..=self.last
    }

    /// The same trades, which stay what they are now.
    pub fn share(&mut self) -> Self {
        Self {
            ring: self.ring.share(),
            last: self.last,
        }
    }

    pub fn write(&self, accounts: &Accounts, to: &mut Writer) {
        to.array(self.ring.len());
        for trade_id in self.ids() {
            let trade = &self.ring[place(trade_id)];
            to.array(6);
            to.int(trade_id);
            to.int(trade.price_ticks);
            to.int(trade.quantity_lots);
            write_side(&trade.buy, accounts, to);
            write_side(&trade.sell, accounts, to);
            to.boolean(trade.busted);
        }
    }

    pub fn read(accounts: &mut Accounts, from: &mut Reader<'_>) -> Read<Self> {
        let mut trades = Vec::new();
        let mut last = 0;
        for number in 0..from.array()? {
            from.array_of(6)?;
            let trade_id = from.int()?;
            if number > 0 && trade_id != last + 1 {
                return Err(Malformed("kept trades whose ids are not dense"));
            }
            last = trade_id;
            trades.push(KeptTrade {
                price_ticks: from.int()?,
                quantity_lots: from.int()?,
                buy: read_side(accounts, from)?,
                sell: read_side(accounts, from)?,
                busted: from.boolean()?,
            });
        }
        if last != trades.len() as i64 && trades.len() != TRADES_KEPT {
            return Err(Malformed("fewer trades than are kept"));
        }
        let begin = place(last + 1) % trades.len().max(1);
        trades.rotate_right(begin);
        let mut kept = Self {
            ring: Chunks::default(),
            last,
        };
        for trade in trades {
            kept.ring.push(trade);
        }
        Ok(kept)
    }
}

fn place(trade_id: i64) -> usize {
    (trade_id - 1) as usize % TRADES_KEPT
}

fn write_side(side: &KeptSide, accounts: &Accounts, to: &mut Writer) {
    to.array(5);
    to.int(side.order_id);
    to.text(accounts.name(side.account));
    to.int(side.slot.into());
    to.int(side.fee_rate);
    integers::write(&integers::wide(side.fee_amount), to);
}

fn read_side(accounts: &mut Accounts, from: &mut Reader<'_>) -> Read<KeptSide> {
    from.array_of(5)?;
    Ok(KeptSide {
        order_id: from.int()?,
        account: accounts.of(from.text()?),
        slot: read_slot(from)?,
        fee_rate: from.int()?,
        fee_amount: integers::read_i128(from)?,
    })
}
