//! PlaceOrder: check, reserve, send to the book.
//!
//! The checks stand here in the order of precedence, that of the reasons: docs/risk.md has the table.

use std::sync::Arc;

use crate::machine::streams::Outbox;
use crate::wire::messages::{EnterOrder, OrderRejected, OrderTerms, PlaceOrder};
use crate::wire::vocabulary::Reason;

use super::accounts::check_account;
use super::cancel_ratio::{check_cancel_ratio, count_placed};
use super::checks::{
    Said, check_available, check_numbers, check_open_orders, check_phase, check_repeated, check_terms,
    check_windows, owned_account,
};
use super::collar::check_collar;
use super::disconnect::check_connected;
use super::exposure::{Change, check_exposure, follow};
use super::kill_switch::check_kill_switch;
use super::model::{ClientOrderId, Instrument, NewOrder, Order, Participant, Risk, Version};
use super::named::{AccountId, InstrumentId, ParticipantId};
use super::near::tell_near;
use super::order_terms::{check_numbers_of_terms, check_time_and_names, group_for_book, no_terms, waits};
use super::orders::OrderHandle;
use super::protection::check_protection;
use super::rate::{check_rate, count_order};
use super::refusal::{Checked, Refusal, lowest};
use super::reservation::worst_cost;
use super::risk_events::{limit_used, refused};
use super::terms::Terms;

pub fn place_order(risk: &mut Risk, participant: ParticipantId, command: &PlaceOrder<'_>, out: &mut Outbox) {
    if let Err(refusal) = place(risk, participant, command, out) {
        refused(risk, participant, command.account_id, refusal);
        reject(risk, participant, command, refusal, out);
    }
}

/// Tell that an order is not taken.
pub fn reject(
    risk: &Risk,
    participant: ParticipantId,
    command: &PlaceOrder<'_>,
    refusal: Refusal,
    out: &mut Outbox,
) {
    let told = OrderRejected {
        last_sequence: risk.participants[participant].last_sequence,
        account_id: command.account_id,
        client_order_id: command.client_order_id,
        reason: refusal.reason,
        bound: refusal.bound,
        actual: refusal.actual,
    };
    out.say(risk.reports(participant), &told);
}

fn place(risk: &mut Risk, participant: ParticipantId, command: &PlaceOrder<'_>, out: &mut Outbox) -> Checked {
    let account = owned_account(risk, command.account_id, participant)?;
    check_account(&risk.accounts[account])?;
    check_kill_switch(risk, account, command.instrument_id)?;
    check_protection(risk, participant, quote_group_of(command))?;
    check_connected(risk)?;
    let instrument = known_instrument(risk, command.instrument_id)?;
    let who = &risk.participants[participant];
    let said = check_what_it_says(&risk.instruments[instrument], who, command)?;
    check_open_orders(who, 1)?;
    check_rate(risk, participant, 1)?;
    check_cancel_ratio(risk, participant)?;
    let order = new_order(risk, account, instrument, command, said);
    let handle = risk.orders.add(order);
    let needed = check_what_it_takes(risk, handle, command).inspect_err(|_| risk.orders.discard(handle))?;

    count_order(risk, participant, 1, out);
    count_placed(risk, participant, 1);
    take(risk, handle);
    risk.pays(handle).reserved += needed;
    risk.orders[handle].reserved = needed;
    follow(risk, handle);
    remember(risk, handle);
    tell_open_orders(risk, participant, out);
    let taken = [(said.price_ticks, command.quantity_lots)];
    tell_near(risk, account, instrument, &taken, out);
    enter(risk, handle, out);
    Ok(())
}

/// What of balance, bounds, names and windows an order takes up. Its worst cost.
fn check_what_it_takes(risk: &Risk, handle: OrderHandle, command: &PlaceOrder<'_>) -> Result<i128, Refusal> {
    let order = &risk.orders[handle];
    let instrument = &risk.instruments[order.instrument];
    let available = risk.accounts[order.account].available(order.pays_asset(instrument));
    let needed = worst_cost(order, instrument, order.versions());
    check_available(available, needed)?;
    let change = Change {
        order: handle,
        asked: None,
        reserved: needed,
    };
    check_exposure(risk, order.participant, &[change])?;
    check_repeated(risk, order)?;
    check_windows(risk, instrument, &risk.participants[order.participant], 1)?;
    if let Some(terms) = &command.terms {
        check_time_and_names(risk, terms)?;
    }
    Ok(needed)
}

pub fn known_instrument(risk: &Risk, instrument_id: &str) -> Result<InstrumentId, Refusal> {
    let instrument = risk.instruments.find(instrument_id);
    instrument.ok_or(Refusal::plain(Reason::InstrumentUnknown))
}

/// What an order must pass for itself, whatever else there is.
pub fn check_what_it_says(
    instrument: &Instrument,
    participant: &Participant,
    command: &PlaceOrder<'_>,
) -> Result<Said, Refusal> {
    check_phase(instrument)?;
    let said = check_terms(command)?;
    let numbers = check_numbers(instrument, participant, said.price_ticks, command.quantity_lots);
    match &command.terms {
        None => numbers?,
        Some(terms) => lowest([
            numbers,
            check_numbers_of_terms(instrument, terms, command.quantity_lots),
        ])?,
    }
    // What the order will wait for; None: for nothing, or for no price that is known.
    let terms = command.terms.as_ref().filter(|_| waits(said.order_type));
    let stop_price_ticks = terms.and_then(|terms| terms.stop_price_ticks);
    check_collar(instrument, said.side, said.price_ticks, stop_price_ticks)?;
    Ok(said)
}

/// Number a new order that has passed, keep and count it. To reserve for it is its caller's.
pub fn take(risk: &mut Risk, handle: OrderHandle) {
    let order_id = risk.next_order_id();
    risk.orders.number(handle, order_id);
    risk.own(handle);
    risk.enlist(handle);
    let Order {
        participant,
        instrument,
        ..
    } = risk.orders[handle];
    risk.participants[participant].open_orders += 1;
    risk.participants[participant].unanswered += 1;
    risk.route(instrument).unanswered += 1;
}

/// The risk desk, where the bound is near.
pub fn tell_open_orders(risk: &mut Risk, participant: ParticipantId, out: &mut Outbox) {
    let (bound, used) = {
        let participant = &risk.participants[participant];
        (participant.open_orders_max, participant.open_orders)
    };
    limit_used(risk, participant, Reason::OpenOrdersLimit, bound, used, out);
}

fn enter(risk: &Risk, handle: OrderHandle, out: &mut Outbox) {
    let order = &risk.orders[handle];
    let group = group_of(risk, order);
    out.say(
        risk.book(order.instrument),
        &entering(risk, order, group.as_deref()),
    );
}

/// The group that a book is told of an order, where it has one.
pub fn group_of(risk: &Risk, order: &Order) -> Option<String> {
    let terms = order.terms.as_ref()?;
    group_for_book(&terms.stp_group, risk.participants.name(order.participant))
}

/// What the book is sent of an order that was taken. `group`: its `group_of`.
pub fn entering<'a>(risk: &'a Risk, order: &'a Order, group: Option<&'a str>) -> EnterOrder<'a> {
    let terms = order.terms.as_ref().map(|terms| OrderTerms {
        stp_group: group.unwrap_or(""),
        ..terms.told()
    });
    EnterOrder {
        order_id: order.order_id,
        instrument_id: risk.instruments.name(order.instrument),
        account_id: risk.accounts.name(order.account),
        slot: risk.participants[order.participant].slot,
        side: order.side,
        order_type: order.order_type,
        time_in_force: order.time_in_force,
        post_only: order.post_only,
        price_ticks: order.price_ticks,
        quantity_lots: order.quantity_lots,
        maker_fee_rate: order.maker_fee_rate,
        taker_fee_rate: order.taker_fee_rate,
        terms,
    }
}

pub fn quote_group_of<'a>(command: &PlaceOrder<'a>) -> &'a str {
    command.terms.as_ref().map_or("", |terms| terms.quote_group)
}

/// As the command says, with nothing reserved and no number.
pub fn new_order(
    risk: &Risk,
    account: AccountId,
    instrument: InstrumentId,
    command: &PlaceOrder<'_>,
    said: Said,
) -> Order {
    let participant = risk.accounts[account].participant;
    let fees = &risk.participants[participant];
    let terms = command.terms.as_ref().filter(|&terms| *terms != no_terms());
    Order::new(NewOrder {
        client_order_id: ClientOrderId::new(command.client_order_id),
        name_hash: risk.name_hash(account, command.client_order_id),
        account,
        participant,
        instrument,
        side: said.side,
        order_type: said.order_type,
        time_in_force: said.time_in_force,
        post_only: command.post_only,
        terms: terms.map(|terms| Arc::new(Terms::from(terms))),
        version: Version {
            price_ticks: said.price_ticks,
            quantity_lots: command.quantity_lots,
            maker_fee_rate: fees.maker_fee_rate,
            taker_fee_rate: fees.taker_fee_rate,
            stop_price_ticks: None,
        },
    })
}

/// Take an order's name as used.
pub fn remember(risk: &mut Risk, handle: OrderHandle) {
    let order = &risk.orders[handle];
    let (account, name, name_hash) = (order.account, order.client_order_id, order.name_hash());
    risk.remember(account, &name, name_hash);
}
