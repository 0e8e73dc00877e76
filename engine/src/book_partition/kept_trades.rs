//! The last trades of an instrument, with what it takes to undo one: their sides, fees and ways back.

use std::collections::VecDeque;

use crate::msgpack::{Malformed, Read, Reader, Writer};

use super::model::{Name, Names};

/// Of each instrument, busted ones included.
const TRADES_KEPT: usize = 10_000;

#[derive(Clone, Copy, Debug)]
pub struct KeptSide {
    pub order_id: i64,
    pub account: Name,
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

/// By trade id, which is dense.
#[derive(Clone, Debug, Default)]
pub struct KeptTrades {
    trades: VecDeque<KeptTrade>,
    /// Id of the first; without a meaning where there is none.
    first: i64,
}

impl KeptTrades {
    pub fn add(&mut self, trade_id: i64, trade: KeptTrade) {
        if self.trades.is_empty() {
            self.first = trade_id;
        } else if self.trades.len() == TRADES_KEPT {
            self.trades.pop_front();
            self.first += 1;
        }
        self.trades.push_back(trade);
    }

    pub fn get(&self, trade_id: i64) -> Option<&KeptTrade> {
        self.trades.get(self.place(trade_id)?)
    }

    /// Put one in the place of one that is kept, after a bust or correction.
    pub fn replace(&mut self, trade_id: i64, trade: KeptTrade) {
        let place = self.place(trade_id).expect("a trade that is kept");
        self.trades[place] = trade;
    }

    /// Its id; 0 where no trade is kept.
    pub fn oldest(&self) -> i64 {
        if self.trades.is_empty() { 0 } else { self.first }
    }

    fn place(&self, trade_id: i64) -> Option<usize> {
        usize::try_from(trade_id.checked_sub(self.first)?).ok()
    }

    pub fn write(&self, names: &Names, to: &mut Writer) {
        to.array(self.trades.len());
        for (trade_id, trade) in (self.first..).zip(&self.trades) {
            to.array(6);
            to.int(trade_id);
            to.int(trade.price_ticks);
            to.int(trade.quantity_lots);
            write_side(&trade.buy, names, to);
            write_side(&trade.sell, names, to);
            to.boolean(trade.busted);
        }
    }

    pub fn read(names: &mut Names, from: &mut Reader<'_>) -> Read<Self> {
        let mut kept = Self::default();
        for _ in 0..from.array()? {
            from.array_of(6)?;
            let trade_id = from.int()?;
            let is_next = kept.trades.is_empty() || trade_id == kept.first + kept.trades.len() as i64;
            if !is_next || kept.trades.len() == TRADES_KEPT {
                return Err(Malformed("kept trades that are not dense, or too many"));
            }
            let trade = KeptTrade {
                price_ticks: from.int()?,
                quantity_lots: from.int()?,
                buy: read_side(names, from)?,
                sell: read_side(names, from)?,
                busted: from.boolean()?,
            };
            kept.add(trade_id, trade);
        }
        Ok(kept)
    }
}

fn write_side(side: &KeptSide, names: &Names, to: &mut Writer) {
    to.array(5);
    to.int(side.order_id);
    to.text(names.text(side.account));
    to.int(side.slot.into());
    to.int(side.fee_rate);
    to.wide(side.fee_amount);
}

fn read_side(names: &mut Names, from: &mut Reader<'_>) -> Read<KeptSide> {
    from.array_of(5)?;
    Ok(KeptSide {
        order_id: from.int()?,
        account: names.name(from.text()?),
        slot: u16::try_from(from.int()?).map_err(|_| Malformed("a slot is a u16"))?,
        fee_rate: from.int()?,
        fee_amount: from.wide()?,
    })
}
