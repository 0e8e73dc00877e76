//! What the quotes of a mass quote come to: orders with the versions that they are to have.

use std::sync::Arc;

use crate::wire::messages::{MassQuote, OrderTerms, Quote};
use crate::wire::vocabulary::{OrderType, Side, TimeInForce};

use super::exposure::Change;
use super::model::{ClientOrderId, NewOrder, Order, Risk, Version};
use super::named::{AccountId, InstrumentId, ParticipantId};
use super::order_terms::no_terms;
use super::orders::OrderHandle;
use super::reservation::worst_cost;
use super::terms::Terms;

/// Whose quotes they are, and where.
pub(super) struct Desk<'c, 'm> {
    pub participant: ParticipantId,
    pub account: AccountId,
    pub instrument: InstrumentId,
    pub command: &'c MassQuote<'m>,
}

/// A new quote, or a live one with the version that it is to have.
#[derive(Clone, Copy)]
pub(super) struct Set<'m> {
    pub client_order_id: &'m str,
    pub order: OrderHandle,
    pub version: Version,
    pub is_new: bool,
}

/// What the quotes that are not withdrawn come to, by name: of two the last, in the first one's place. New ones
/// are in the store, without a number.
pub(super) fn sets<'m>(risk: &mut Risk, desk: &Desk<'_, 'm>) -> Vec<Set<'m>> {
    let mut sets: Vec<Set<'m>> = Vec::with_capacity(desk.command.quotes.len());
    for quote in desk
        .command
        .quotes
        .iter()
        .filter(|quote| quote.quantity_lots != 0)
    {
        let set = set(risk, desk, quote);
        let named = sets
            .iter_mut()
            .find(|set| set.client_order_id == quote.client_order_id);
        match named {
            None => sets.push(set),
            Some(before) => {
                if before.is_new {
                    risk.orders.discard(before.order);
                }
                *before = set;
            }
        }
    }
    sets
}

/// What a quote that is not withdrawn comes to.
fn set<'m>(risk: &mut Risk, desk: &Desk<'_, 'm>, quote: &Quote<'m>) -> Set<'m> {
    let participant = &risk.participants[desk.participant];
    let mut version = Version {
        price_ticks: quote.price_ticks,
        quantity_lots: quote.quantity_lots,
        maker_fee_rate: participant.maker_fee_rate,
        taker_fee_rate: participant.taker_fee_rate,
        stop_price_ticks: None,
    };
    let live = risk.live(desk.account, quote.client_order_id);
    let order = match live {
        Some(handle) => {
            version.quantity_lots += risk.orders[handle].executed_lots;
            handle
        }
        None => risk.orders.add(new_quote(risk, desk, quote, version)),
    };
    Set {
        client_order_id: quote.client_order_id,
        order,
        version,
        is_new: live.is_none(),
    }
}

/// As `new_order` makes it of a limit order that is gtc and of the quote group.
fn new_quote(risk: &Risk, desk: &Desk<'_, '_>, quote: &Quote<'_>, version: Version) -> Order {
    let mut terms: OrderTerms<'_> = no_terms();
    terms.quote_group = desk.command.quote_group;
    Order::new(NewOrder {
        client_order_id: ClientOrderId::new(quote.client_order_id),
        name_hash: risk.name_hash(desk.account, quote.client_order_id),
        account: desk.account,
        participant: desk.participant,
        instrument: desk.instrument,
        side: Side::from_number(quote.side).expect("check_quote"),
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Gtc,
        post_only: false,
        terms: (!terms.quote_group.is_empty()).then(|| Arc::new(Terms::from(&terms))),
        version,
    })
}

pub(super) fn new_of(sets: &[Set<'_>]) -> i64 {
    sets.iter().filter(|set| set.is_new).count() as i64
}

/// What the order may cost when the quote has been sent, whatever becomes of it.
pub(super) fn change(risk: &Risk, set: &Set<'_>) -> Change {
    let order = &risk.orders[set.order];
    let asked = (!set.is_new).then_some(set.version);
    let instrument = &risk.instruments[order.instrument];
    Change {
        order: set.order,
        asked,
        reserved: worst_cost(order, instrument, order.versions().chain(asked)),
    }
}
