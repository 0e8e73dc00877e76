//! What a phase and an auction cause, told to everybody it concerns: risk, settlement, the public feed.

use crate::book::orders::Handle;
use crate::book::terms::Phase;
use crate::machine::streams::Outbox;
use crate::wire::messages::{
    BandsPublished, IndicativePublished, PhaseChanged, PhasePublished, TradePublished,
};
use crate::wire::vocabulary::Role;

use super::fill::{Trade, fill};
use super::kept_trades::KeptTrade;
use super::model::{Market, TradedInstrument};
use super::public_feed::shrunk;

/// Public and every risk shard, before what the new phase brings.
pub fn phase_changed(market: &Market, instrument: &mut TradedInstrument, phase: Phase, out: &mut Outbox) {
    let regime = &mut instrument.regime;
    let interrupted = phase == Phase::VolatilityAuction && regime.interruption_clock_ticks > 0;
    regime.ends_at_tick = if interrupted {
        market.tick + regime.interruption_clock_ticks
    } else {
        0
    };
    tell_phase(market, &instrument.instrument_id, phase, out);
    if instrument.book.contents.bands.is_some() {
        tell_bands(market, instrument, out); // around the price of an auction that has just been
    }
}

pub fn tell_phase(market: &Market, instrument_id: &str, phase: Phase, out: &mut Outbox) {
    out.send(&market.feed, &PhasePublished { instrument_id, phase });
    for risk in market.risk_partitions() {
        out.send(risk, &PhaseChanged { instrument_id, phase });
    }
}

pub fn tell_bands(market: &Market, instrument: &TradedInstrument, out: &mut Outbox) {
    let book = &instrument.book.contents;
    let published = BandsPublished {
        instrument_id: &instrument.instrument_id,
        static_ticks: book.bands.and_then(|bands| bands.static_ticks),
        dynamic_ticks: book.bands.and_then(|bands| bands.dynamic_ticks),
        reference_ticks: book.reference_ticks,
    };
    out.send(&market.feed, &published);
}

pub fn indicative(
    market: &Market,
    instrument: &TradedInstrument,
    price_ticks: Option<i64>,
    quantity_lots: i128,
    out: &mut Outbox,
) {
    let published = IndicativePublished {
        instrument_id: &instrument.instrument_id,
        price_ticks,
        quantity_lots: i64::try_from(quantity_lots).expect("a sum of quantities that the wire holds"),
    };
    out.send(&market.feed, &published);
}

/// A trade of two orders that rested: neither came and took, so it has no aggressor. `buy`, `sell`: each with
/// what remains of it.
pub fn uncrossed(
    market: &Market,
    instrument: &mut TradedInstrument,
    (price_ticks, quantity_lots): (i64, i64),
    (buy, buy_remaining_lots): (Handle, i64),
    (sell, sell_remaining_lots): (Handle, i64),
    out: &mut Outbox,
) {
    instrument.trades += 1;
    let trade_id = instrument.trades;
    let published = TradePublished {
        instrument_id: &instrument.instrument_id,
        trade_id,
        price_ticks,
        quantity_lots,
        aggressor_side: None,
        resting_order_id: None,
        time_ms: market.time_ms,
    };
    out.send(&market.feed, &published);
    let trade = Trade {
        trade_id,
        price_ticks,
        quantity_lots,
    };
    shrunk(market, instrument, buy, buy_remaining_lots, out);
    let buy = fill(market, instrument, buy, Role::Auction, trade, out);
    shrunk(market, instrument, sell, sell_remaining_lots, out);
    let sell = fill(market, instrument, sell, Role::Auction, trade, out);
    let kept = KeptTrade {
        price_ticks,
        quantity_lots,
        buy,
        sell,
        busted: false,
    };
    instrument.kept_trades.add(trade_id, kept);
}
