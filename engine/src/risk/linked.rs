//! What happens to the orders of a pair or a bracket, as their book tells it, and what they hold then.
//!
//! An order names its link, and a link its orders: both by handles. A link goes with its last order.

use crate::wire::messages::OrdersLinked;

use super::model::{Link, Risk};
use super::orders::{LinkHandle, OrderHandle};
use super::reservation::reserve;

/// An order has traded, was triggered, or lost lots to self-trade prevention. Its caller reserves.
pub fn has_moved(risk: &mut Risk, handle: OrderHandle, traded_lots: i64) {
    let Some(link) = risk.orders[handle].link else {
        return;
    };
    if risk.links[link].entry == Some(handle) {
        risk.links[link].filled_lots += traded_lots;
    } else {
        untie(risk, link, handle);
    }
}

/// An order is over. Its caller frees what it holds.
pub fn has_ended(risk: &mut Risk, handle: OrderHandle) {
    let Some(link) = risk.orders[handle].link else {
        return;
    };
    if risk.links[link].entry == Some(handle) {
        risk.links[link].entry = None;
        risk.orders[handle].link = None;
        reserve(risk, risk.links[link].limit);
    } else {
        untie(risk, link, handle);
    }
}

/// What has happened to one exit, or one of a pair, ends the other. An entry goes on by itself.
fn untie(risk: &mut Risk, handle: LinkHandle, cause: OrderHandle) {
    let link = risk.links[handle];
    for order in link.orders() {
        let order = &mut risk.orders[order];
        (order.link, order.parked) = (None, false);
    }
    risk.links.discard(handle);
    let other = if cause == link.limit {
        link.stop
    } else {
        link.limit
    };
    risk.orders[other].doomed = true;
    reserve(risk, other);
}

/// The report that says so.
pub fn orders_linked<'a>(risk: &'a Risk, link: &Link, last_sequence: i64) -> OrdersLinked<'a> {
    let (limit, stop) = (&risk.orders[link.limit], &risk.orders[link.stop]);
    OrdersLinked {
        last_sequence,
        account_id: risk.accounts.name(limit.account),
        instrument_id: risk.instruments.name(limit.instrument),
        limit_client_order_id: limit.client_order_id.as_str(),
        stop_client_order_id: stop.client_order_id.as_str(),
        entry_client_order_id: link
            .entry
            .map(|entry| risk.orders[entry].client_order_id.as_str()),
        filled_lots: link.filled_lots,
    }
}
