//! What a phase and an auction cause, told to everybody it concerns: risk, settlement, the public feed.

use crate::book::orders::Handle;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    BandsPublished, IndicativePublished, PhaseChanged, PhasePublished, TradePublished,
};
use crate::wire::vocabulary::{Phase, Role};

use super::fill::fill;
use super::kept_trades::KeptTrade;
use super::model::{Common, TradedInstrument};
use super::public_feed::shrunk;

/// Public and every risk shard, before what the new phase brings.
pub fn phase_changed(common: &Common, instrument: &mut TradedInstrument, phase: Phase, out: &mut Outbox) {
    let regime = &mut instrument.regime;
    let interrupted = phase == Phase::VolatilityAuction && regime.interruption_clock_ticks > 0;
    regime.ends_at_tick = if interrupted {
        common.tick + regime.interruption_clock_ticks
    } else {
        0
    };
    tell_phase(common, &instrument.instrument_id, phase, out);
    if instrument.book.contents.bands.is_some() {
        tell_bands(common, instrument, out); // around the price of an auction that has just been
    }
}

pub fn tell_phase(common: &Common, instrument_id: &str, phase: Phase, out: &mut Outbox) {
    let published = PhasePublished { instrument_id, phase };
    out.say(&common.market_data, &published);
    for risk in common.risk() {
        let changed = PhaseChanged { instrument_id, phase };
        out.say(risk, &changed);
    }
}

pub fn tell_bands(common: &Common, instrument: &TradedInstrument, out: &mut Outbox) {
    let book = &instrument.book.contents;
    let published = BandsPublished {
        instrument_id: &instrument.instrument_id,
        static_ticks: book.bands.and_then(|bands| bands.static_ticks),
        dynamic_ticks: book.bands.and_then(|bands| bands.dynamic_ticks),
        reference_ticks: book.reference_ticks,
    };
    out.say(&common.market_data, &published);
}

pub fn indicative(
    common: &Common,
    instrument: &TradedInstrument,
    price_ticks: Option<i64>,
    quantity_lots: i128,
    out: &mut Outbox,
) {
    let published = IndicativePublished {
        instrument_id: &instrument.instrument_id,
        price_ticks,
        quantity_lots: i64::try_from(quantity_lots).expect("a quantity that its message can say"),
    };
    out.say(&common.market_data, &published);
}

/// Two orders that rested, and what is left of each.
pub struct Crossed {
    pub buy: Handle,
    pub sell: Handle,
    pub buy_remaining_lots: i64,
    pub sell_remaining_lots: i64,
}

/// A trade of two orders that rested: neither came and took, so it has no aggressor.
pub fn uncrossed(
    common: &Common,
    instrument: &mut TradedInstrument,
    crossed: &Crossed,
    price_ticks: i64,
    quantity_lots: i64,
    out: &mut Outbox,
) {
    let trade = instrument.next_trade(price_ticks, quantity_lots);
    let published = TradePublished {
        instrument_id: &instrument.instrument_id,
        trade_id: trade.trade_id,
        price_ticks,
        quantity_lots,
        aggressor_side: None,
        resting_order_id: None,
        time_ms: common.time_ms,
    };
    out.say(&common.market_data, &published);
    shrunk(common, instrument, crossed.buy, crossed.buy_remaining_lots, out);
    let buy = fill(common, instrument, crossed.buy, Role::Auction, trade, out);
    shrunk(common, instrument, crossed.sell, crossed.sell_remaining_lots, out);
    let sell = fill(common, instrument, crossed.sell, Role::Auction, trade, out);
    let kept = KeptTrade {
        price_ticks,
        quantity_lots,
        buy,
        sell,
        busted: false,
    };
    instrument.kept_trades.add(trade.trade_id, kept);
}
