//! Live orders that neither rest nor wait for a price: they wait, unseen, for something else.
//!
//! At_open and at_close orders wait for their auction, where the instrument has it so
//! (`BookRules::early_auction_orders`); the exits of a bracket wait for their entry's end (`links`).
//!
//! At_close waits for the closing auction, at_open for a pre-open or an auction; when its call begins they
//! gather, in the order in which they came.

use std::collections::BTreeMap;

use super::contents::Contents;
use super::order::Order;
use super::orders::{Handle, Orders};
use super::terms::{Phase, TimeInForce};

/// By arrival, in which they are walked; `arrivals` counts who came.
#[derive(Clone, Debug, Default)]
pub struct Parked {
    by_arrival: BTreeMap<i64, Handle>,
    arrivals: i64,
}

impl Parked {
    pub fn is_empty(&self) -> bool {
        self.by_arrival.is_empty()
    }

    /// The orders by arrival.
    pub fn handles(&self) -> impl Iterator<Item = Handle> {
        self.by_arrival.values().copied()
    }

    pub fn contains(&self, order: &Order, handle: Handle) -> bool {
        let arrival = order.special.as_deref().map(|special| special.arrival);
        arrival.is_some_and(|arrival| self.by_arrival.get(&arrival) == Some(&handle))
    }

    /// Take an order away; whether it was here.
    pub fn remove(&mut self, order: &Order, handle: Handle) -> bool {
        let is_here = self.contains(order, handle);
        if is_here {
            self.by_arrival.remove(&order.terms().arrival);
        }
        is_here
    }

    fn add(&mut self, orders: &mut Orders, handle: Handle) {
        self.arrivals += 1;
        orders[handle].special.get_or_insert_default().arrival = self.arrivals;
        self.by_arrival.insert(self.arrivals, handle);
    }
}

/// Whether a new order is to wait for its auction. A stop never is: it waits for its price.
pub fn comes_early(book: &Contents, order: &Order) -> bool {
    book.rules.early_auction_orders
        && !order.order_type.waits()
        && order.time_in_force.is_for_an_auction()
        && !is_for(order.time_in_force, book.phase)
}

/// Let an order wait, the last of those that do.
pub fn park(book: &mut Contents, handle: Handle) {
    book.parked.add(&mut book.orders, handle);
    book.enlist(handle);
}

/// Those that have waited for this phase; they don't any more.
pub fn whose_auction_begins(book: &mut Contents, phase: Phase) -> Vec<Handle> {
    let orders = &book.orders;
    let begins = |handle: &Handle| is_for(orders[*handle].time_in_force, phase);
    let found: Vec<Handle> = book.parked.handles().filter(begins).collect();
    for &handle in &found {
        book.parked.remove(&book.orders[handle], handle);
    }
    found
}

/// Whether the call of this phase is one that an order of this time in force is for.
fn is_for(time_in_force: TimeInForce, phase: Phase) -> bool {
    match time_in_force {
        TimeInForce::AtOpen => matches!(phase, Phase::PreOpen | Phase::Auction),
        TimeInForce::AtClose => phase == Phase::ClosingAuction,
        _ => false,
    }
}
