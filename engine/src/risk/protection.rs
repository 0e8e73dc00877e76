//! Market-maker protection: fills of a quote group are counted within a window, and at its limit the group's
//! orders are canceled and no more are taken, until its participant resets it.

use crate::machine::streams::Outbox;
use crate::wire::messages::{ProtectionSet, ProtectionTripped, ResetProtection, SetProtection};
use crate::wire::vocabulary::Reason;

use super::guards::Protection;
use super::listing::live_orders;
use super::mass_cancel::ask_to_end;
use super::model::{Order, Risk};
use super::named::{InstrumentId, ParticipantId};
use super::order_terms::check_name;
use super::orders::OrderHandle;
use super::refusal::{Checked, Refusal};
use super::risk_events::quotes_pulled;
use super::signers::reject_request;

pub const WINDOW_MS_MAX: i64 = 60_000;
/// Of one participant.
pub const GROUPS_MAX: usize = 100;

pub fn set_protection(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &SetProtection<'_>,
    out: &mut Outbox,
) {
    if let Err(refusal) = check(risk, participant, command) {
        return reject_request(risk, participant, (command.request_id, None), refusal, out);
    }
    let (window_ms, lots, fills) = (command.window_ms, command.lots, command.fills);
    let protections = &mut risk.participants[participant].protections;
    protections.remove(command.quote_group);
    if lots != 0 || fills != 0 {
        let protection = Protection::new(window_ms, lots, fills);
        protections.insert(command.quote_group.into(), protection);
    }
    if protections.is_empty() {
        risk.protected.remove(&participant);
    } else {
        risk.protected.insert(participant);
    }
    let limits = (window_ms, lots, fills);
    tell_set(
        risk,
        participant,
        (command.request_id, command.quote_group),
        limits,
        out,
    );
}

pub fn reset_protection(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &ResetProtection<'_>,
    out: &mut Outbox,
) {
    let protections = &mut risk.participants[participant].protections;
    let Some(protection) = protections.get_mut(command.quote_group) else {
        let refusal = Refusal::plain(Reason::ProtectionUnknown);
        return reject_request(risk, participant, (command.request_id, None), refusal, out);
    };
    protection.tripped_by = None;
    protection.filled.clear();
    let limits = (protection.window_ms, protection.lots_max, protection.fills_max);
    tell_set(
        risk,
        participant,
        (command.request_id, command.quote_group),
        limits,
        out,
    );
}

fn tell_set(
    risk: &Risk,
    participant: ParticipantId,
    (request_id, quote_group): (&str, &str),
    (window_ms, lots, fills): (i64, i64, i64),
    out: &mut Outbox,
) {
    let set = ProtectionSet {
        last_sequence: risk.participants[participant].last_sequence,
        request_id,
        quote_group,
        window_ms,
        lots,
        fills,
    };
    out.say(risk.reports(participant), &set);
}

/// Whether orders of the group are taken.
pub fn check_protection(risk: &Risk, participant: ParticipantId, quote_group: &str) -> Checked {
    if quote_group.is_empty() || risk.protected.is_empty() {
        return Ok(());
    }
    let protection = risk.participants[participant].protections.get(quote_group);
    match protection.and_then(|protection| protection.tripped_by) {
        None => Ok(()),
        Some((bound, actual)) => Err(Refusal::new(Reason::Protected, bound, actual)),
    }
}

/// Of an order, whose balances and reservation are as after the fill. Called where somebody is protected.
pub fn count_fill(risk: &mut Risk, handle: OrderHandle, lots: i64, out: &mut Outbox) {
    let time_ms = risk.time_ms;
    let order = &risk.orders[handle];
    let participant = order.participant;
    let protections = &mut risk.participants[participant].protections;
    let Some(protection) = protections.get_mut(order.quote_group()) else {
        return;
    };
    if protection.tripped_by.is_some() {
        return;
    }
    protection.count(time_ms, lots);
    let (filled_lots, fills) = protection.totals();
    if protection.lots_max != 0 && filled_lots >= protection.lots_max.into() {
        protection.tripped_by = Some((protection.lots_max, filled_lots));
    } else if protection.fills_max != 0 && fills >= protection.fills_max {
        protection.tripped_by = Some((protection.fills_max, fills.into()));
    } else {
        return;
    }
    let quote_group: Box<str> = order.quote_group().into();
    let asked = pull(risk, participant, &quote_group, None, out);
    let filled = (told(filled_lots), fills);
    quotes_pulled(risk, participant, &quote_group, filled, asked, out);
}

/// Lots as the wire has them.
fn told(lots: i128) -> i64 {
    i64::try_from(lots).expect("lots that the wire holds")
}

/// Its book takes cancels again: what stayed of groups that have tripped is asked for.
pub fn end_quotes_left(risk: &mut Risk, instrument: InstrumentId, out: &mut Outbox) {
    for participant in risk.participants.sort(risk.protected.iter().copied()) {
        let protections = risk.participants[participant].protections.iter();
        let tripped: Vec<Box<str>> = protections
            .filter(|(_, protection)| protection.tripped_by.is_some())
            .map(|(quote_group, _)| quote_group.clone())
            .collect();
        for quote_group in tripped {
            pull(risk, participant, &quote_group, Some(instrument), out);
        }
    }
}

fn check(risk: &Risk, participant: ParticipantId, command: &SetProtection<'_>) -> Checked {
    let (name, window_ms) = (command.quote_group, command.window_ms);
    check_name(name, 1)?;
    if !(1..=WINDOW_MS_MAX).contains(&window_ms) {
        return Err(Refusal::new(Reason::ProtectionWindow, WINDOW_MS_MAX, window_ms));
    }
    let protections = &risk.participants[participant].protections;
    if protections.len() >= GROUPS_MAX && !protections.contains_key(name) {
        let groups = protections.len() as i64;
        return Err(Refusal::new(Reason::ProtectionsLimit, GROUPS_MAX as i64, groups));
    }
    Ok(())
}

/// Have the group's orders end; how many were asked for. `instrument`: only what stayed of it.
fn pull(
    risk: &mut Risk,
    participant: ParticipantId,
    quote_group: &str,
    instrument: Option<InstrumentId>,
    out: &mut Outbox,
) -> i64 {
    let mut orders = live_orders(risk, participant, None);
    orders.retain(|&order| is_live_quote(&risk.orders[order], quote_group));
    if let Some(instrument) = instrument {
        orders.retain(|&order| {
            let order = &risk.orders[order];
            order.instrument == instrument && !order.cancel_sent
        });
        if orders.is_empty() {
            return 0;
        }
    }
    let asked = ask_to_end(risk, orders, Reason::Protected, out);
    let (lots, fills) = risk.participants[participant].protections[quote_group].totals();
    let tripped = ProtectionTripped {
        last_sequence: risk.participants[participant].last_sequence,
        quote_group,
        lots: told(lots),
        fills,
        asked: asked.asked,
        pending: asked.pending,
        closed: asked.closed,
    };
    out.say(risk.reports(participant), &tripped);
    asked.asked
}

/// Of the group, and not the one whose last lot has just been filled, which is about to be forgotten.
fn is_live_quote(order: &Order, quote_group: &str) -> bool {
    order.terms.is_some() && order.quote_group() == quote_group && order.executed_lots < order.quantity_lots
}
