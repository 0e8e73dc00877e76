//! PlacePair and PlaceBracket: check every order, reserve for all, send them to their book together.
//!
//! `legs` here and in link_terms.rs: the orders as the command names them, of a bracket the entry first.

use crate::machine::streams::Outbox;
use crate::wire::messages::{EnterBracket, EnterPair, PlaceOrder};
use crate::wire::vocabulary::Reason;

use super::accounts::check_account;
use super::cancel_ratio::{check_cancel_ratio, count_placed};
use super::checks::{Said, check_open_orders, check_windows, owned_account};
use super::disconnect::check_connected;
use super::exposure::check_exposure;
use super::kill_switch::check_kill_switch;
use super::link_terms::check_link;
use super::model::{Link, Risk};
use super::named::{AccountId, InstrumentId, ParticipantId};
use super::near::tell_near;
use super::order_terms::check_time_and_names;
use super::orders::OrderHandle;
use super::place::{
    check_what_it_says, entering, group_of, known_instrument, new_order, quote_group_of, reject, remember,
    take, tell_open_orders,
};
use super::protection::check_protection;
use super::rate::{check_rate, count_order};
use super::refusal::{Checked, Refusal, lowest};
use super::reservation::{check_balance, needs, reserve};
use super::risk_events::refused;

pub fn place_linked(risk: &mut Risk, participant: ParticipantId, legs: &[&PlaceOrder<'_>], out: &mut Outbox) {
    if let Err(refusal) = place(risk, participant, legs, out) {
        refused(risk, participant, legs[0].account_id, refusal);
        refuse_all(risk, participant, legs, refusal, out);
    }
}

/// Each order has its own answer.
pub fn refuse_all(
    risk: &Risk,
    participant: ParticipantId,
    legs: &[&PlaceOrder<'_>],
    refusal: Refusal,
    out: &mut Outbox,
) {
    for leg in legs {
        reject(risk, participant, leg, refusal, out);
    }
}

fn place(risk: &mut Risk, participant: ParticipantId, legs: &[&PlaceOrder<'_>], out: &mut Outbox) -> Checked {
    let account = check_who(risk, participant, legs)?;
    let instruments: Vec<_> = legs
        .iter()
        .map(|leg| known_instrument(risk, leg.instrument_id))
        .collect::<Result<_, _>>()?;
    // The first's instrument will do for all: with another it is no pair, which is told before their numbers.
    let instrument = instruments[0];
    let said = check_what_they_say(risk, participant, instrument, legs)?;
    let count = legs.len() as i64;
    check_open_orders(&risk.participants[participant], count)?;
    check_rate(risk, participant, count)?;
    check_cancel_ratio(risk, participant)?;
    let orders = linked(risk, account, instrument, legs, &said);
    if let Err(refusal) = check_what_they_take(risk, &orders, legs) {
        discard(risk, &orders);
        return Err(refusal);
    }

    count_order(risk, participant, count, out);
    count_placed(risk, participant, count);
    for &order in &orders {
        take(risk, order);
        remember(risk, order);
    }
    reserve(risk, orders[0]);
    tell_open_orders(risk, participant, out);
    let taken: Vec<_> = said
        .iter()
        .zip(legs)
        .map(|(said, leg)| (said.price_ticks, leg.quantity_lots))
        .collect();
    tell_near(risk, account, instrument, &taken, out);
    enter(risk, instrument, &orders, out);
    Ok(())
}

/// The account of the first: of several they are no pair.
fn check_who(
    risk: &Risk,
    participant: ParticipantId,
    legs: &[&PlaceOrder<'_>],
) -> Result<AccountId, Refusal> {
    let owned = legs
        .iter()
        .map(|leg| owned_account(risk, leg.account_id, participant));
    let accounts: Vec<_> = owned.collect::<Result<_, _>>()?;
    lowest(
        accounts
            .iter()
            .map(|&account| check_account(&risk.accounts[account])),
    )?;
    lowest(accounts.iter().flat_map(|&account| {
        legs.iter()
            .map(move |leg| check_kill_switch(risk, account, leg.instrument_id))
    }))?;
    lowest(
        legs.iter()
            .map(|leg| check_protection(risk, participant, quote_group_of(leg))),
    )?;
    check_connected(risk)?;
    Ok(accounts[0])
}

fn check_what_they_say(
    risk: &Risk,
    participant: ParticipantId,
    instrument: InstrumentId,
    legs: &[&PlaceOrder<'_>],
) -> Result<Vec<Said>, Refusal> {
    let (instrument, participant) = (&risk.instruments[instrument], &risk.participants[participant]);
    let said: Vec<_> = legs
        .iter()
        .map(|leg| check_what_it_says(instrument, participant, leg))
        .collect();
    let refusals = said.iter().map(|said| said.map(|_| ()));
    lowest([check_link(legs)].into_iter().chain(refusals))?;
    said.into_iter().collect()
}

fn check_what_they_take(risk: &Risk, orders: &[OrderHandle], legs: &[&PlaceOrder<'_>]) -> Checked {
    let order = &risk.orders[orders[0]];
    let changes = needs(risk, orders[0], None);
    check_balance(risk, orders[0], &changes)?;
    check_exposure(risk, order.participant, &changes)?;
    check_names(risk, order.account, legs)?;
    let instrument = &risk.instruments[order.instrument];
    let participant = &risk.participants[order.participant];
    check_windows(risk, instrument, participant, legs.len() as i64)?;
    let terms = legs.iter().filter_map(|leg| leg.terms.as_ref());
    lowest(terms.map(|terms| check_time_and_names(risk, terms)))
}

/// The orders in the order in which they are named, tied together, without numbers.
fn linked(
    risk: &mut Risk,
    account: AccountId,
    instrument: InstrumentId,
    legs: &[&PlaceOrder<'_>],
    said: &[Said],
) -> Vec<OrderHandle> {
    let orders: Vec<_> = legs
        .iter()
        .zip(said)
        .map(|(leg, &said)| {
            let order = new_order(risk, account, instrument, leg, said);
            risk.orders.add(order)
        })
        .collect();
    let [entry @ .., limit, stop] = &orders[..] else {
        unreachable!("a pair has two orders, a bracket three")
    };
    let (entry, limit, stop) = (entry.first().copied(), *limit, *stop);
    let link = risk.links.add(Link {
        limit,
        stop,
        entry,
        filled_lots: 0,
    });
    for &order in &orders {
        risk.orders[order].link = Some(link);
    }
    for exit in [limit, stop] {
        risk.orders[exit].parked = entry.is_some();
    }
    orders
}

/// Undo `linked`.
fn discard(risk: &mut Risk, orders: &[OrderHandle]) {
    let link = risk.orders[orders[0]].link.expect("they were tied together");
    risk.links.discard(link);
    for &order in orders {
        risk.orders.discard(order);
    }
}

fn enter(risk: &Risk, instrument: InstrumentId, orders: &[OrderHandle], out: &mut Outbox) {
    let groups: Vec<_> = orders
        .iter()
        .map(|&order| group_of(risk, &risk.orders[order]))
        .collect();
    let mut entered = orders
        .iter()
        .zip(&groups)
        .map(|(&order, group)| entering(risk, &risk.orders[order], group.as_deref()));
    let mut next = || entered.next().expect("a pair has two orders, a bracket three");
    let book = risk.book(instrument);
    if orders.len() == 2 {
        let (limit, stop) = (next(), next());
        out.say(book, &EnterPair { limit, stop });
    } else {
        let (entry, limit, stop) = (next(), next(), next());
        out.say(book, &EnterBracket { entry, limit, stop });
    }
}

fn check_names(risk: &Risk, account: AccountId, legs: &[&PlaceOrder<'_>]) -> Checked {
    for (place, leg) in legs.iter().enumerate() {
        let name = leg.client_order_id;
        let is_repeated = legs[..place].iter().any(|before| before.client_order_id == name);
        if is_repeated || risk.is_taken(account, name, risk.name_hash(account, name)) {
            return Err(Refusal::plain(Reason::ClientOrderIdRepeated));
        }
    }
    Ok(())
}
