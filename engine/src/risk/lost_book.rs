//! A book that an operator has given up: its orders end for their participants, and what they hold is free. The
//! reference says what becomes of what the book still tells.

use std::collections::BTreeMap;

use crate::machine::domain::Handled;
use crate::machine::streams::Outbox;
use crate::wire::messages::{BookCleared, ClearBook, OrderCanceled, ReleaseOrders, ReplaceRejected};
use crate::wire::vocabulary::{Phase, Reason};

use super::answers::{cancel_missed, close};
use super::model::{Order, Risk};
use super::moving::begin_leaving;
use super::named::{InstrumentId, ParticipantId};
use super::orders::OrderHandle;
use super::refusal::Refusal;

/// Repeated while the book has not answered, it only asks the book again: the first may have been lost.
pub fn release_orders(risk: &mut Risk, event: &ReleaseOrders<'_>, out: &mut Outbox) -> Handled {
    let instrument = risk.instruments.known(event.instrument_id);
    if risk.instruments[instrument].lost.is_none() {
        let orders = risk
            .orders
            .by_id(|order| !order.released && order.instrument == instrument);
        let lost = give_up(risk, instrument, &orders);
        risk.instruments[instrument].lost = Some(lost);
        for order in orders {
            release(risk, order, out);
        }
        risk.instruments[instrument].phase = Phase::Halted;
    }
    let clear = ClearBook {
        instrument_id: event.instrument_id,
        risk_shard: risk.shard,
    };
    out.say(risk.book(instrument), &clear);
    Ok(())
}

/// All commands there are answered: their count is right by itself again.
pub fn book_cleared(risk: &mut Risk, event: &BookCleared<'_>, out: &mut Outbox) -> Handled {
    let instrument = risk.instruments.known(event.instrument_id);
    for (participant, commands) in risk.instruments[instrument].lost.take().unwrap_or_default() {
        risk.participants[participant].given_up -= commands;
    }
    risk.instruments[instrument].phase = event.phase;
    begin_leaving(risk, out);
    Ok(())
}

/// Of each participant with `orders` at the lost book: how many commands that may hold unanswered.
fn give_up(risk: &mut Risk, lost: InstrumentId, orders: &[OrderHandle]) -> BTreeMap<ParticipantId, i64> {
    let mut held: BTreeMap<ParticipantId, i64> = BTreeMap::new();
    for &order in orders {
        let order = &risk.orders[order];
        *held.entry(order.participant).or_default() += i64::from(!order.ended) + changes_unanswered(order);
    }
    let mut elsewhere: BTreeMap<ParticipantId, i64> = BTreeMap::new();
    for (_, order) in risk.orders.iter() {
        if !order.released && order.instrument != lost {
            *elsewhere.entry(order.participant).or_default() += changes_unanswered(order);
        }
    }
    for (&id, given_up) in &mut held {
        let participant = &mut risk.participants[id];
        let others = elsewhere.get(&id).copied().unwrap_or(0);
        let waiting = participant.unanswered - participant.given_up - others;
        *given_up = (*given_up).min(waiting).max(0);
        participant.given_up += *given_up;
    }
    held
}

/// Its cancel and its replaces that the book has not answered.
fn changes_unanswered(order: &Order) -> i64 {
    i64::from(order.cancel_sent) + order.amendments.len() as i64
}

/// End an order for its participant, who is told of each command that waited for the book.
fn release(risk: &mut Risk, handle: OrderHandle, out: &mut Outbox) {
    risk.orders[handle].released = true;
    if risk.orders[handle].cancel_sent {
        cancel_missed(risk, handle, Refusal::plain(Reason::BookLost), out);
    }
    let order = &risk.orders[handle];
    let participant = &risk.participants[order.participant];
    let rejected = ReplaceRejected {
        last_sequence: participant.last_sequence,
        account_id: risk.accounts.name(order.account),
        client_order_id: order.client_order_id.as_str(),
        reason: Reason::BookLost,
        bound: 0,
        actual: 0,
    };
    for _ in &order.amendments {
        out.say(&participant.reports, &rejected);
    }
    if order.ended {
        return;
    }
    close(risk, handle);
    let order = &risk.orders[handle];
    let canceled = OrderCanceled {
        last_sequence: risk.participants[order.participant].last_sequence,
        account_id: risk.accounts.name(order.account),
        client_order_id: order.client_order_id.as_str(),
        order_id: order.order_id,
        instrument_id: risk.instruments.name(order.instrument),
        quantity_lots: order.quantity_lots - order.executed_lots,
        reason: Reason::BookLost,
    };
    out.say(risk.reports(order.participant), &canceled);
}
