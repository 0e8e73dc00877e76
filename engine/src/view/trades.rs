//! The last trades of an instrument, as its market data tell them: with what was busted and corrected.

use std::collections::VecDeque;

use crate::msgpack::{Malformed, Read, Reader, Writer};
use crate::wire::messages::{Event, TradeBustPublished, TradeCorrectionPublished, TradePublished};
use crate::wire::vocabulary::Side;

/// As `TRADES_KEPT` of the reference.
const TRADES_KEPT: usize = 50;

#[derive(Clone, Debug)]
struct Kept {
    trade_id: i64,
    /// As it was told.
    told_ticks: i64,
    quantity_lots: i64,
    aggressor_side: Option<Side>,
    resting_order_id: Option<i64>,
    time_ms: i64,
    /// The corrected one, if there was a correction.
    price_ticks: i64,
    busted: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Trades {
    /// The newest last.
    kept: VecDeque<Kept>,
}

impl Trades {
    pub fn add(&mut self, trade: &TradePublished<'_>) {
        self.keep(Kept {
            trade_id: trade.trade_id,
            told_ticks: trade.price_ticks,
            quantity_lots: trade.quantity_lots,
            aggressor_side: trade.aggressor_side,
            resting_order_id: trade.resting_order_id,
            time_ms: trade.time_ms,
            price_ticks: trade.price_ticks,
            busted: false,
        });
    }

    fn keep(&mut self, trade: Kept) {
        if self.kept.len() == TRADES_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(trade);
    }

    /// One that is not kept is ignored, here and in `correct`.
    pub fn bust(&mut self, trade_id: i64) {
        for kept in self.kept.iter_mut().filter(|kept| kept.trade_id == trade_id) {
            kept.busted = true;
        }
    }

    pub fn correct(&mut self, trade_id: i64, price_ticks: i64) {
        for kept in self.kept.iter_mut().filter(|kept| kept.trade_id == trade_id) {
            kept.price_ticks = price_ticks;
        }
    }

    /// What makes new ones equal to these.
    pub fn retell<'a>(&self, instrument_id: &'a str, tell: &mut impl FnMut(Event<'a>)) {
        for kept in &self.kept {
            let trade_id = kept.trade_id;
            tell(Event::TradePublished(TradePublished {
                instrument_id,
                trade_id,
                price_ticks: kept.told_ticks,
                quantity_lots: kept.quantity_lots,
                aggressor_side: kept.aggressor_side,
                resting_order_id: kept.resting_order_id,
                time_ms: kept.time_ms,
            }));
            if kept.price_ticks != kept.told_ticks {
                tell(Event::TradeCorrectionPublished(TradeCorrectionPublished {
                    instrument_id,
                    trade_id,
                    price_ticks: kept.price_ticks,
                }));
            }
            if kept.busted {
                tell(Event::TradeBustPublished(TradeBustPublished {
                    instrument_id,
                    trade_id,
                }));
            }
        }
    }

    /// The last `count`, a row each, the newest last.
    pub fn write(&self, count: usize, to: &mut Writer) {
        let older = self.kept.len().saturating_sub(count);
        to.array(self.kept.len() - older);
        for kept in self.kept.iter().skip(older) {
            to.array(8);
            to.int(kept.trade_id);
            to.int(kept.told_ticks);
            to.int(kept.quantity_lots);
            to.optional_int(kept.aggressor_side.map(Side::number));
            to.optional_int(kept.resting_order_id);
            to.int(kept.time_ms);
            to.int(kept.price_ticks);
            to.boolean(kept.busted);
        }
    }

    pub fn write_all(&self, to: &mut Writer) {
        self.write(TRADES_KEPT, to);
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let mut trades = Self::default();
        for _ in 0..from.array()? {
            from.array_of(8)?;
            trades.keep(Kept {
                trade_id: from.int()?,
                told_ticks: from.int()?,
                quantity_lots: from.int()?,
                aggressor_side: match from.optional_int()? {
                    Some(side) => Some(Side::from_number(side).ok_or(Malformed("no such side"))?),
                    None => None,
                },
                resting_order_id: from.optional_int()?,
                time_ms: from.int()?,
                price_ticks: from.int()?,
                busted: from.boolean()?,
            });
        }
        Ok(trades)
    }
}
