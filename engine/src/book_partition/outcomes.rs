//! What the matching caused, told to everybody it concerns: risk, settlement, the public feed.

use crate::book::outcomes::Outcome;
use crate::book::terms::Phase;
use crate::machine::streams::Outbox;

use super::auctions::{indicative, phase_changed, uncrossed};
use super::collar_feed::follow_market;
use super::endings::{canceled, expired};
use super::model::{Market, TradedInstrument};
use super::own_deeds::{activated, decremented, repriced, triggered};
use super::public_feed::{displayed, replaced, rested};
use super::trades::traded;

pub fn tell(market: &Market, instrument: &mut TradedInstrument, outcomes: &[Outcome], out: &mut Outbox) {
    for &outcome in outcomes {
        tell_one(market, instrument, outcome, out);
    }
    if instrument.regime.breaker.is_some() {
        break_circuit(market, instrument, outcomes, out);
    }
    if instrument.regime.collar.is_some() {
        follow_market(market, instrument, false, out);
    }
}

fn tell_one(market: &Market, instrument: &mut TradedInstrument, outcome: Outcome, out: &mut Outbox) {
    match outcome {
        Outcome::Rested {
            order,
            price_ticks,
            quantity_lots,
        } => rested(market, instrument, order, price_ticks, quantity_lots, out),
        Outcome::Traded {
            aggressor,
            resting,
            price_ticks,
            quantity_lots,
            resting_remaining_lots: left,
            ..
        } => {
            let trade = (price_ticks, quantity_lots);
            traded(market, instrument, (aggressor, resting), trade, left, out);
        }
        Outcome::Canceled {
            order,
            quantity_lots,
            reason,
            ..
        } => canceled(market, instrument, order, quantity_lots, reason, out),
        Outcome::Replaced {
            order,
            quantity_lots,
            kept_priority,
            ..
        } => replaced(market, instrument, order, quantity_lots, kept_priority, out),
        Outcome::Displayed {
            order,
            quantity_lots,
            renewed,
        } => displayed(market, instrument, order, quantity_lots, renewed, out),
        Outcome::Triggered { order } => triggered(market, instrument, order, out),
        Outcome::Activated {
            order, quantity_lots, ..
        } => activated(market, instrument, order, quantity_lots, out),
        Outcome::Repriced {
            order, price_ticks, ..
        } => repriced(market, instrument, order, price_ticks, out),
        Outcome::Decremented {
            aggressor,
            resting,
            quantity_lots,
            resting_remaining_lots: left,
            ..
        } => decremented(market, instrument, (aggressor, resting), quantity_lots, left, out),
        Outcome::Expired {
            order, quantity_lots, ..
        } => expired(market, instrument, order, quantity_lots, out),
        Outcome::PhaseChanged(phase) => phase_changed(market, instrument, phase, out),
        Outcome::Indicative {
            price_ticks,
            quantity_lots,
        } => indicative(market, instrument, price_ticks, quantity_lots, out),
        Outcome::Uncrossed {
            buy,
            sell,
            price_ticks,
            quantity_lots,
            buy_remaining_lots,
            sell_remaining_lots,
        } => {
            let (buy, sell) = ((buy, buy_remaining_lots), (sell, sell_remaining_lots));
            uncrossed(market, instrument, (price_ticks, quantity_lots), buy, sell, out);
        }
        // Who has to know is told by who gave the command.
        Outcome::Accepted { .. } => {}
        Outcome::Rejected(rejected) => panic!("a refusal is the answer to its command: {rejected:?}"),
    }
}

fn break_circuit(market: &Market, instrument: &mut TradedInstrument, outcomes: &[Outcome], out: &mut Outbox) {
    let breaker = instrument.regime.breaker.as_mut().expect("the caller has looked");
    if !breaker.trips(market.tick, outcomes) || instrument.book.contents.phase != Phase::Continuous {
        return;
    }
    breaker.forget();
    let (phase, pause) = (breaker.phase, breaker.pause_clock_ticks);
    let caused = instrument.command(|book, outcomes| book.set_phase(phase, outcomes));
    tell(market, instrument, &caused, out);
    instrument.done(caused);
    instrument.regime.ends_at_tick = if pause == 0 { 0 } else { market.tick + pause };
}
