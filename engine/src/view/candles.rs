//! Candles: what was traded in each stretch of time. `bulkhead/views/candles.py` says what a bust and a correction
//! change in them, and why trades are kept one by one.

use std::collections::VecDeque;

use crate::machine::snapshot::{Entries, SortedMap};
use crate::msgpack::{Read, Reader, Writer};
use crate::wire::messages::TradePublished;

/// Names and lengths of the stretches, in milliseconds.
const INTERVALS: [(&str, i64); 4] = [
    ("1s", 1_000),
    ("1m", 60_000),
    ("1h", 3_600_000),
    ("1d", 86_400_000),
];
/// As `CANDLES_KEPT` of the reference: of each interval.
const CANDLES_KEPT: usize = 300;
/// As `DEALS_KEPT` of the reference.
const DEALS_KEPT: usize = 10_000;

#[derive(Clone, Copy, Debug)]
struct Candle {
    begin_ms: i64,
    open_ticks: i64,
    high_ticks: i64,
    low_ticks: i64,
    close_ticks: i64,
    volume_lots: i128,
    trades: i64,
}

/// What candles need of a trade.
#[derive(Clone, Copy, Debug)]
struct Deal {
    trade_id: i64,
    price_ticks: i64,
    quantity_lots: i64,
    time_ms: i64,
}

impl Deal {
    /// When the candle begins that it is in.
    fn begin_ms(&self, interval_ms: i64) -> i64 {
        self.time_ms - self.time_ms.rem_euclid(interval_ms)
    }
}

impl Candle {
    fn of(deal: &Deal, interval_ms: i64) -> Self {
        Self {
            begin_ms: deal.begin_ms(interval_ms),
            open_ticks: deal.price_ticks,
            high_ticks: deal.price_ticks,
            low_ticks: deal.price_ticks,
            close_ticks: deal.price_ticks,
            volume_lots: deal.quantity_lots.into(),
            trades: 1,
        }
    }

    /// With one trade more, its last.
    fn add(&mut self, deal: &Deal) {
        self.high_ticks = self.high_ticks.max(deal.price_ticks);
        self.low_ticks = self.low_ticks.min(deal.price_ticks);
        self.close_ticks = deal.price_ticks;
        self.volume_lots += i128::from(deal.quantity_lots);
        self.trades += 1;
    }

    fn write(&self, to: &mut Writer) {
        to.array(7);
        to.int(self.begin_ms);
        to.int(self.open_ticks);
        to.int(self.high_ticks);
        to.int(self.low_ticks);
        to.int(self.close_ticks);
        to.sum(self.volume_lots);
        to.int(self.trades);
    }

    fn read(from: &mut Reader<'_>) -> Read<Self> {
        from.array_of(7)?;
        Ok(Self {
            begin_ms: from.int()?,
            open_ticks: from.int()?,
            high_ticks: from.int()?,
            low_ticks: from.int()?,
            close_ticks: from.int()?,
            volume_lots: from.sum()?,
            trades: from.int()?,
        })
    }
}

/// Of one instrument, for each of `INTERVALS`.
#[derive(Clone, Debug, Default)]
pub struct Candles {
    /// The newest last.
    candles: [VecDeque<Candle>; INTERVALS.len()],
    /// The last trades, the newest last, without those that were busted.
    deals: VecDeque<Deal>,
    /// The candle of the last trade that is no longer among them, of such trades alone.
    older: [Option<Candle>; INTERVALS.len()],
}

impl Candles {
    /// Trades come in their order, and time does not go back.
    pub fn add(&mut self, trade: &TradePublished<'_>) {
        let deal = Deal {
            trade_id: trade.trade_id,
            price_ticks: trade.price_ticks,
            quantity_lots: trade.quantity_lots,
            time_ms: trade.time_ms,
        };
        let is_full = self.deals.len() == DEALS_KEPT;
        let oldest = if is_full { self.deals.pop_front() } else { None };
        self.deals.push_back(deal);
        for (place, (_, interval_ms)) in INTERVALS.into_iter().enumerate() {
            let candles = &mut self.candles[place];
            match candles.back_mut() {
                Some(last) if last.begin_ms == deal.begin_ms(interval_ms) => last.add(&deal),
                _ => keep(candles, Candle::of(&deal, interval_ms)),
            }
            if let Some(oldest) = &oldest {
                count(&mut self.older[place], oldest, interval_ms);
            }
        }
    }

    /// The trade is void. One that is not kept is ignored.
    pub fn bust(&mut self, trade_id: i64) {
        if let Some(place) = self.place(trade_id) {
            let deal = self.deals.remove(place).expect("it was found there");
            self.count_again(&deal);
        }
    }

    /// The trade was at this price; as `bust`.
    pub fn correct(&mut self, trade_id: i64, price_ticks: i64) {
        if let Some(place) = self.place(trade_id) {
            self.deals[place].price_ticks = price_ticks;
            let deal = self.deals[place];
            self.count_again(&deal);
        }
    }

    fn place(&self, trade_id: i64) -> Option<usize> {
        self.deals.iter().position(|deal| deal.trade_id == trade_id)
    }

    /// The candles that have this trade.
    fn count_again(&mut self, changed: &Deal) {
        for (place, (_, interval_ms)) in INTERVALS.into_iter().enumerate() {
            let (candles, begin_ms) = (&mut self.candles[place], changed.begin_ms(interval_ms));
            let Some(at) = candles.iter().position(|candle| candle.begin_ms == begin_ms) else {
                continue; // too old for this interval
            };
            let mut candle = self.older[place].filter(|older| older.begin_ms == begin_ms);
            for deal in self
                .deals
                .iter()
                .filter(|deal| deal.begin_ms(interval_ms) == begin_ms)
            {
                count(&mut candle, deal, interval_ms);
            }
            match candle {
                Some(candle) => candles[at] = candle,
                None => {
                    candles.remove(at);
                }
            }
        }
    }

    /// The last `count` of an interval, the newest last. None: no such interval is kept.
    pub fn write_last(&self, interval: &str, count: usize, to: &mut Writer) -> Option<()> {
        let place = INTERVALS.iter().position(|(name, _)| *name == interval)?;
        let candles = &self.candles[place];
        write(candles.iter().skip(candles.len().saturating_sub(count)), to);
        Some(())
    }

    pub fn write(&self, to: &mut Writer) {
        let mut map = SortedMap::default();
        map.add("candles", |to| {
            let mut map = SortedMap::default();
            for (candles, (name, _)) in self.candles.iter().zip(INTERVALS) {
                map.add(name, |to| write(candles.iter(), to));
            }
            map.write(to);
        });
        map.add("deals", |to| {
            to.array(self.deals.len());
            for deal in &self.deals {
                to.array(4);
                to.int(deal.trade_id);
                to.int(deal.price_ticks);
                to.int(deal.quantity_lots);
                to.int(deal.time_ms);
            }
        });
        map.add("older", |to| {
            let mut map = SortedMap::default();
            for (older, (name, _)) in self.older.iter().zip(INTERVALS) {
                if let Some(older) = older {
                    map.add(name, |to| older.write(to));
                }
            }
            map.write(to);
        });
        map.write(to);
    }

    pub fn read(from: &mut Reader<'_>) -> Read<Self> {
        let entries = Entries::read(from)?;
        let mut read = Self::default();
        let candles = Entries::read(&mut entries.need("candles")?)?;
        let older = Entries::read(&mut entries.need("older")?)?;
        for (place, (name, _)) in INTERVALS.into_iter().enumerate() {
            let mut from = candles.need(name)?;
            for _ in 0..from.array()? {
                keep(&mut read.candles[place], Candle::read(&mut from)?);
            }
            read.older[place] = match older.get(name) {
                Some(mut from) => Some(Candle::read(&mut from)?),
                None => None,
            };
        }
        let mut from = entries.need("deals")?;
        for _ in 0..from.array()? {
            from.array_of(4)?;
            let [trade_id, price_ticks, quantity_lots, time_ms] =
                [from.int()?, from.int()?, from.int()?, from.int()?];
            read.deals.push_back(Deal {
                trade_id,
                price_ticks,
                quantity_lots,
                time_ms,
            });
        }
        Ok(read)
    }
}

fn keep(candles: &mut VecDeque<Candle>, candle: Candle) {
    if candles.len() == CANDLES_KEPT {
        candles.pop_front();
    }
    candles.push_back(candle);
}

/// One trade more, the last of its candle; where that is none or an earlier one, a new one.
fn count(candle: &mut Option<Candle>, deal: &Deal, interval_ms: i64) {
    match candle {
        Some(candle) if candle.begin_ms == deal.begin_ms(interval_ms) => candle.add(deal),
        _ => *candle = Some(Candle::of(deal, interval_ms)),
    }
}

fn write<'a>(candles: impl ExactSizeIterator<Item = &'a Candle>, to: &mut Writer) {
    to.array(candles.len());
    candles.for_each(|candle| candle.write(to));
}
