//! ReplaceOrder: check the new version, reserve for whatever old and new may cost together, ask the book.

use crate::machine::streams::Outbox;
use crate::wire::messages::{AmendOrder, ReplaceOrder, ReplaceRejected};
use crate::wire::vocabulary::Reason;

use super::accounts::check_account;
use super::checks::{check_numbers, check_phase, check_windows, owned_account};
use super::collar::check_collar;
use super::disconnect::check_connected;
use super::exposure::check_exposure;
use super::kill_switch::check_kill_switch;
use super::model::{Order, Risk, Version};
use super::named::ParticipantId;
use super::near::tell_near;
use super::order_terms::{STOP_PRICE_PLACE, check_slice, check_stop_price, waits};
use super::orders::OrderHandle;
use super::protection::check_protection;
use super::rate::{check_rate, count_order};
use super::refusal::{Checked, Refusal, lowest};
use super::reservation::{check_balance, needs, reserve};
use super::risk_events::refused;

/// Of one order: the reference says why so many.
pub const REPLACES_IN_FLIGHT_MAX: i64 = 32;

pub fn replace_order(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &ReplaceOrder<'_>,
    out: &mut Outbox,
) {
    if let Err(refusal) = replace(risk, participant, command, out) {
        refused(risk, participant, command.account_id, refusal);
        reject_replace(
            risk,
            participant,
            (command.account_id, command.client_order_id),
            refusal,
            out,
        );
    }
}

/// Tell that a replace is not taken. `whose`: the account and the order's name, as the participant said them.
pub fn reject_replace(
    risk: &Risk,
    participant: ParticipantId,
    (account_id, client_order_id): (&str, &str),
    refusal: Refusal,
    out: &mut Outbox,
) {
    let told = ReplaceRejected {
        last_sequence: risk.participants[participant].last_sequence,
        account_id,
        client_order_id,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(risk.reports(participant), &told);
}

fn replace(
    risk: &mut Risk,
    participant: ParticipantId,
    command: &ReplaceOrder<'_>,
    out: &mut Outbox,
) -> Checked {
    let account = owned_account(risk, command.account_id, participant)?;
    let found = risk.live(account, command.client_order_id);
    let order = found.map(|handle| &risk.orders[handle]);
    check_account(&risk.accounts[account])?;
    let instrument_id = order.map_or("", |order| risk.instruments.name(order.instrument));
    check_kill_switch(risk, account, instrument_id)?;
    check_protection(risk, participant, order.map_or("", Order::quote_group))?;
    check_connected(risk)?;
    let handle = found.ok_or(Refusal::plain(Reason::OrderUnknown))?;
    check_what_it_says(risk, handle, command)?;
    check_rate(risk, participant, 1)?;
    let fees = &risk.participants[participant];
    let version = Version {
        price_ticks: command.price_ticks,
        quantity_lots: command.quantity_lots,
        maker_fee_rate: fees.maker_fee_rate,
        taker_fee_rate: fees.taker_fee_rate,
        stop_price_ticks: command.stop_price_ticks,
    };
    check_what_it_takes(risk, handle, version)?;

    count_order(risk, participant, 1, out);
    risk.orders[handle].amendments.push(version);
    reserve(risk, handle);
    let instrument = risk.orders[handle].instrument;
    risk.route(instrument).unanswered += 1;
    risk.participants[participant].unanswered += 1;
    let taken = [(version.price_ticks, version.quantity_lots)];
    tell_near(risk, account, instrument, &taken, out);
    amend(risk, handle, version, out);
    Ok(())
}

fn check_what_it_says(risk: &Risk, handle: OrderHandle, command: &ReplaceOrder<'_>) -> Checked {
    let order = &risk.orders[handle];
    let (instrument, participant) = (
        &risk.instruments[order.instrument],
        &risk.participants[order.participant],
    );
    check_phase(instrument)?;
    check_exit(order, command)?;
    check_use(order, command)?;
    let display_lots = order.terms.as_ref().and_then(|terms| terms.display_lots);
    lowest([
        check_numbers(
            instrument,
            participant,
            command.price_ticks,
            command.quantity_lots,
        ),
        check_stop_price(instrument, command.stop_price_ticks),
        check_slice(
            instrument,
            display_lots,
            command.quantity_lots - order.executed_lots,
        ),
    ])?;
    check_collar(
        instrument,
        order.side,
        command.price_ticks,
        stop_price(order, command),
    )
}

fn check_what_it_takes(risk: &Risk, handle: OrderHandle, version: Version) -> Checked {
    let order = &risk.orders[handle];
    let changes = needs(risk, handle, Some(version));
    check_balance(risk, handle, &changes)?;
    check_exposure(risk, order.participant, &changes)?;
    let instrument = &risk.instruments[order.instrument];
    check_windows(risk, instrument, &risk.participants[order.participant], 1)?;
    check_in_flight(order)
}

fn amend(risk: &Risk, handle: OrderHandle, version: Version, out: &mut Outbox) {
    let order = &risk.orders[handle];
    let asked = AmendOrder {
        instrument_id: risk.instruments.name(order.instrument),
        order_id: order.order_id,
        price_ticks: version.price_ticks,
        // Should the exit be active when this arrives, it has the quantity that its entry has traded.
        quantity_lots: (!order.parked).then_some(version.quantity_lots),
        maker_fee_rate: version.maker_fee_rate,
        taker_fee_rate: version.taker_fee_rate,
        stop_price_ticks: version.stop_price_ticks,
    };
    out.say(risk.book(order.instrument), &asked);
}

/// What an exit has to trade is its entry's to say, until that has ended.
fn check_exit(order: &Order, command: &ReplaceOrder<'_>) -> Checked {
    if order.parked && command.quantity_lots != order.quantity_lots {
        return Err(Refusal::new(
            Reason::ExitQuantity,
            order.quantity_lots,
            command.quantity_lots,
        ));
    }
    Ok(())
}

/// A stop price is for an order that waits for one, as far as the book has told.
fn check_use(order: &Order, command: &ReplaceOrder<'_>) -> Checked {
    if command.stop_price_ticks.is_none() || is_waiting(order) {
        return Ok(());
    }
    Err(Refusal::new(Reason::TermUnexpected, 0, STOP_PRICE_PLACE))
}

/// That one more replace of the order may be on its way.
pub fn check_in_flight(order: &Order) -> Checked {
    let waiting = order.amendments.len() as i64;
    if waiting >= REPLACES_IN_FLIGHT_MAX {
        return Err(Refusal::new(
            Reason::CommandsInFlightLimit,
            REPLACES_IN_FLIGHT_MAX,
            waiting,
        ));
    }
    Ok(())
}

fn is_waiting(order: &Order) -> bool {
    waits(order.order_type) && !order.triggered
}

/// What the order will wait for; None: for nothing, or for no price that is known.
fn stop_price(order: &Order, command: &ReplaceOrder<'_>) -> Option<i64> {
    if !is_waiting(order) {
        return None;
    }
    let terms = order.terms.as_ref();
    command
        .stop_price_ticks
        .or_else(|| terms.and_then(|terms| terms.stop_price_ticks))
}
