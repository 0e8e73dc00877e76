//! What market data tell of a partition's instruments, message by message.

use crate::machine::domain::{Handled, Trouble};
use crate::machine::streams::Outbox;
use crate::name_hash::ByName;
use crate::wire::messages::{
    BandsPublished, DepthAdded, DepthReduced, DepthRemoved, Event, IndicativePublished, MarkPricePublished,
    PhasePublished, TotalsTold, TradeBustPublished, TradeCorrectionPublished, TradePublished, UnpricedAdded,
};
use crate::wire::vocabulary::Side;

use super::candles::Candles;
use super::depth::Depth;
use super::session::Session;
use super::trades::Trades;

/// What market data has told of one instrument.
#[derive(Debug)]
pub struct Instrument {
    pub session: Session,
    pub depth: Depth,
    pub trades: Trades,
    pub candles: Candles,
    pub counters: Counters,
}

/// Since the partition began.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counters {
    pub orders_added: i64,
    pub trades: i64,
    pub volume_lots: i128,
}

impl Instrument {
    fn new(session: Session) -> Self {
        Self {
            session,
            depth: Depth::default(),
            trades: Trades::default(),
            candles: Candles::default(),
            counters: Counters::default(),
        }
    }

    fn freeze(&mut self) -> Self {
        Self {
            session: self.session.clone(),
            depth: self.depth.freeze(),
            trades: self.trades.clone(),
            candles: self.candles.clone(),
            counters: self.counters,
        }
    }

    /// What makes a new one equal to this, but for its candles.
    fn retell<'a>(&self, instrument_id: &'a str, tell: &mut impl FnMut(Event<'a>)) {
        self.session.retell(instrument_id, tell);
        self.trades.retell(instrument_id, tell);
        for side in [Side::Buy, Side::Sell] {
            for (order_id, price_ticks, quantity_lots) in self.depth.rows(side, usize::MAX) {
                tell(match price_ticks {
                    None => Event::UnpricedAdded(UnpricedAdded {
                        instrument_id,
                        order_id,
                        side,
                        quantity_lots,
                    }),
                    Some(price_ticks) => Event::DepthAdded(DepthAdded {
                        instrument_id,
                        order_id,
                        side,
                        price_ticks,
                        quantity_lots,
                    }),
                });
            }
        }
        tell(Event::TotalsTold(TotalsTold {
            instrument_id,
            orders_added: self.counters.orders_added,
            trades: self.counters.trades,
            volume_lots: i64::try_from(self.counters.volume_lots).expect("a volume that a message can tell"),
        }));
    }
}

/// Of one partition. A message that cannot follow from what came before changes nothing.
#[derive(Debug, Default)]
pub struct MarketData {
    pub instruments: ByName<Box<str>, Instrument>,
}

impl MarketData {
    /// By name, sorted.
    pub fn sorted(&self) -> Vec<(&str, &Instrument)> {
        let mut sorted: Vec<_> = self
            .instruments
            .iter()
            .map(|(name, instrument)| (&**name, instrument))
            .collect();
        sorted.sort_unstable_by_key(|(name, _)| *name);
        sorted
    }

    /// How many orders rest, of all instruments.
    pub fn resting(&self) -> usize {
        self.instruments.values().map(|each| each.depth.len()).sum()
    }

    /// What makes a new view equal to this one, but for its candles: a snapshot, for who joins late.
    pub fn retell<'a>(&'a self, mut tell: impl FnMut(Event<'a>)) {
        for (instrument_id, instrument) in self.sorted() {
            instrument.retell(instrument_id, &mut tell);
        }
    }

    pub fn freeze(&mut self) -> Self {
        let instruments = self.instruments.iter_mut();
        Self {
            instruments: instruments
                .map(|(name, instrument)| (name.clone(), instrument.freeze()))
                .collect(),
        }
    }

    /// That has been told of before.
    fn told(&mut self, instrument_id: &str) -> Result<&mut Instrument, Trouble> {
        self.instruments
            .get_mut(instrument_id)
            .ok_or_else(|| Trouble::Impossible(format!("no phase of {instrument_id} was told before")))
    }
}

/// Whoever words it for people has the message, and knows which instruments there are.
fn followed(changed: Option<()>, order_id: i64) -> Handled {
    changed.ok_or_else(|| Trouble::Impossible(format!("order {order_id} rests, or does not")))
}

pub fn added(market: &mut MarketData, event: &DepthAdded<'_>, _: &mut Outbox) -> Handled {
    let instrument = market.told(event.instrument_id)?;
    let price_ticks = Some(event.price_ticks);
    let added = instrument
        .depth
        .add(event.order_id, event.side, price_ticks, event.quantity_lots);
    followed(added, event.order_id)?;
    instrument.counters.orders_added += 1;
    Ok(())
}

pub fn unpriced_added(market: &mut MarketData, event: &UnpricedAdded<'_>, _: &mut Outbox) -> Handled {
    let instrument = market.told(event.instrument_id)?;
    let added = instrument
        .depth
        .add(event.order_id, event.side, None, event.quantity_lots);
    followed(added, event.order_id)?;
    instrument.counters.orders_added += 1;
    Ok(())
}

pub fn reduced(market: &mut MarketData, event: &DepthReduced<'_>, _: &mut Outbox) -> Handled {
    let depth = &mut market.told(event.instrument_id)?.depth;
    followed(depth.reduce(event.order_id, event.quantity_lots), event.order_id)
}

pub fn removed(market: &mut MarketData, event: &DepthRemoved<'_>, _: &mut Outbox) -> Handled {
    let depth = &mut market.told(event.instrument_id)?.depth;
    followed(depth.remove(event.order_id), event.order_id)
}

pub fn traded(market: &mut MarketData, event: &TradePublished<'_>, _: &mut Outbox) -> Handled {
    let instrument = market.told(event.instrument_id)?;
    instrument.trades.add(event);
    instrument.candles.add(event);
    instrument.counters.trades += 1;
    instrument.counters.volume_lots += i128::from(event.quantity_lots);
    Ok(())
}

/// The counters stay: they say what was traded.
pub fn busted(market: &mut MarketData, event: &TradeBustPublished<'_>, _: &mut Outbox) -> Handled {
    let instrument = market.told(event.instrument_id)?;
    instrument.trades.bust(event.trade_id);
    instrument.candles.bust(event.trade_id);
    Ok(())
}

pub fn corrected(market: &mut MarketData, event: &TradeCorrectionPublished<'_>, _: &mut Outbox) -> Handled {
    let instrument = market.told(event.instrument_id)?;
    instrument.trades.correct(event.trade_id, event.price_ticks);
    instrument.candles.correct(event.trade_id, event.price_ticks);
    Ok(())
}

pub fn phase(market: &mut MarketData, event: &PhasePublished<'_>, _: &mut Outbox) -> Handled {
    match market.instruments.get_mut(event.instrument_id) {
        Some(instrument) => instrument.session.enter(event.phase),
        None => {
            let instrument = Instrument::new(Session::new(event.phase));
            market.instruments.insert(event.instrument_id.into(), instrument);
        }
    }
    Ok(())
}

pub fn indicative(market: &mut MarketData, event: &IndicativePublished<'_>, _: &mut Outbox) -> Handled {
    let told = (event.price_ticks, event.quantity_lots);
    market.told(event.instrument_id)?.session.indicative = told;
    Ok(())
}

pub fn bands(market: &mut MarketData, event: &BandsPublished<'_>, _: &mut Outbox) -> Handled {
    let told = [event.static_ticks, event.dynamic_ticks, event.reference_ticks];
    market.told(event.instrument_id)?.session.bands = told;
    Ok(())
}

pub fn mark_price(market: &mut MarketData, event: &MarkPricePublished<'_>, _: &mut Outbox) -> Handled {
    market.told(event.instrument_id)?.session.mark_price_ticks = Some(event.price_ticks);
    Ok(())
}

/// Who joins late is told them: no book says so.
pub fn totals(market: &mut MarketData, event: &TotalsTold<'_>, _: &mut Outbox) -> Handled {
    let Some(instrument) = market.instruments.get_mut(event.instrument_id) else {
        let why = format!("totals of {}, which was not told of", event.instrument_id);
        return Err(Trouble::Raised(why));
    };
    instrument.counters = Counters {
        orders_added: event.orders_added,
        trades: event.trades,
        volume_lots: event.volume_lots.into(),
    };
    instrument.candles = Candles::default(); // the last trades alone would make wrong ones
    Ok(())
}
