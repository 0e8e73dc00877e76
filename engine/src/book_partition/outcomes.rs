//! What the matching caused, told to everybody it concerns: risk, settlement, the public feed.

use crate::book::outcomes::{Outcome, Outcomes};
use crate::machine::streams::Outbox;
use crate::wire::vocabulary::Phase;

use super::auctions::{Crossed, indicative, phase_changed, uncrossed};
use super::collar_feed::follow_market;
use super::endings::{canceled, expired};
use super::model::{Common, TradedInstrument};
use super::own_deeds::{activated, decremented, repriced, triggered};
use super::public_feed::{displayed, replaced, rested};
use super::trades::{Traders, traded};

pub fn tell(common: &Common, instrument: &mut TradedInstrument, outcomes: &[Outcome], out: &mut Outbox) {
    for outcome in outcomes {
        tell_one(common, instrument, outcome, out);
    }
    if instrument.regime.breaker.is_some() {
        break_circuit(common, instrument, outcomes, out);
    }
    if instrument.regime.collar.is_some() {
        follow_market(common, instrument, false, out);
    }
}

fn tell_one(common: &Common, instrument: &mut TradedInstrument, outcome: &Outcome, out: &mut Outbox) {
    match *outcome {
        Outcome::Accepted { .. } => {} // who has to know is told by who gave the command
        Outcome::Rested {
            order,
            price_ticks,
            quantity_lots,
        } => rested(common, instrument, order, price_ticks, quantity_lots, out),
        Outcome::Traded {
            aggressor,
            resting,
            price_ticks,
            quantity_lots,
            resting_remaining_lots,
            ..
        } => {
            let traders = Traders {
                aggressor,
                resting,
                resting_remaining_lots,
            };
            traded(common, instrument, &traders, price_ticks, quantity_lots, out);
        }
        Outcome::Canceled {
            order,
            quantity_lots,
            reason,
            ..
        } => canceled(common, instrument, order, quantity_lots, reason, out),
        Outcome::Replaced {
            order,
            quantity_lots,
            kept_priority,
            ..
        } => replaced(common, instrument, order, quantity_lots, kept_priority, out),
        Outcome::Displayed {
            order,
            quantity_lots,
            renewed,
        } => displayed(common, instrument, order, quantity_lots, renewed, out),
        Outcome::Triggered { order } => triggered(common, instrument, order, out),
        Outcome::Activated {
            order, quantity_lots, ..
        } => activated(common, instrument, order, quantity_lots, out),
        Outcome::Repriced {
            order, price_ticks, ..
        } => repriced(common, instrument, order, price_ticks, out),
        Outcome::Decremented {
            aggressor,
            resting,
            quantity_lots,
            resting_remaining_lots,
            ..
        } => {
            let orders = [resting, aggressor];
            decremented(
                common,
                instrument,
                orders,
                quantity_lots,
                resting_remaining_lots,
                out,
            );
        }
        Outcome::Expired {
            order, quantity_lots, ..
        } => expired(common, instrument, order, quantity_lots, out),
        Outcome::PhaseChanged(phase) => phase_changed(common, instrument, phase, out),
        Outcome::Indicative {
            price_ticks,
            quantity_lots,
        } => indicative(common, instrument, price_ticks, quantity_lots, out),
        Outcome::Uncrossed {
            buy,
            sell,
            price_ticks,
            quantity_lots,
            buy_remaining_lots,
            sell_remaining_lots,
        } => {
            let crossed = Crossed {
                buy,
                sell,
                buy_remaining_lots,
                sell_remaining_lots,
            };
            uncrossed(common, instrument, &crossed, price_ticks, quantity_lots, out);
        }
        Outcome::Rejected(_) => unreachable!("who gave the command has looked whether it was refused"),
    }
}

fn break_circuit(common: &Common, instrument: &mut TradedInstrument, outcomes: &[Outcome], out: &mut Outbox) {
    let Some(breaker) = &mut instrument.regime.breaker else {
        return;
    };
    if !breaker.trips(common.tick, outcomes) || instrument.book.contents.phase != Phase::Continuous {
        return;
    }
    breaker.forget();
    let (phase, pause) = (breaker.phase, breaker.pause_clock_ticks);
    let mut caused = Outcomes::new();
    instrument.book.set_phase(phase, &mut caused);
    tell(common, instrument, &caused, out);
    instrument.regime.ends_at_tick = if pause == 0 { 0 } else { common.tick + pause };
}
