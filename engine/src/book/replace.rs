//! Replacing the price, the remaining quantity and the special terms of a live order.

use super::contents::Contents;
use super::display::after_reduction;
use super::expiry::expect_end;
use super::leave::take_off;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{Outcome, Outcomes, RejectReason, Rejected};
use super::parked::park;
use super::place::join;
use super::plan::Aggressor;
use super::post_only::{posted_at, refuse_post_only};
use super::refuse::{refuse_expiry, refuse_terms};
use super::special::Special;
use super::terms::TimeInForce;

/// New special terms; None leaves one as it is, and so does one that the order's type has no use for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes {
    pub stop_price_ticks: Option<i64>,
    pub min_quantity_lots: Option<i64>,
    pub display_lots: Option<i64>,
    pub expire_time_ms: Option<i64>,
}

/// What a replace gives an order; `special`: None leaves the terms that it has.
struct NewTerms {
    price_ticks: i64,
    remaining_lots: i64,
    special: Option<Box<Special>>,
    kept: bool,
}

impl NewTerms {
    fn give(self, order: &mut Order) {
        order.price_ticks = self.price_ticks;
        order.remaining_lots = self.remaining_lots;
        if self.special.is_some() {
            order.special = self.special;
        }
    }
}

/// Give an order another price and REMAINING quantity; None leaves it as it is.
///
/// The same or less quantity at the same price, displayed as before, keeps priority; anything else loses
/// it, and the order arrives anew.
pub fn replace(
    book: &mut Contents,
    order_id: i64,
    price_ticks: Option<i64>,
    quantity_lots: Option<i64>,
    changes: Option<Changes>,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    let Some(handle) = book.find(order_id) else {
        return Err(Rejected::order(order_id, RejectReason::UnknownOrder));
    };
    let new = new_terms(book, handle, price_ticks, quantity_lots, changes)?;
    let order = &book.orders[handle];
    outcomes.push(Outcome::Replaced {
        order: handle,
        price_ticks: new.price_ticks,
        quantity_lots: new.remaining_lots,
        previous_price_ticks: order.price_ticks,
        previous_quantity_lots: order.remaining_lots,
        kept_priority: new.kept,
    });
    if book.parked.contains(order, handle) {
        park_on(book, handle, new);
    } else if order.order_type.waits() {
        wait_on(book, handle, new);
    } else if new.kept {
        keep(book, handle, new.remaining_lots, new.special, outcomes);
    } else {
        take_off(book, handle);
        new.give(&mut book.orders[handle]);
        join(book, handle, outcomes);
    }
    if changes.is_some() && book.orders[handle].is_live() {
        expect_end(book, handle);
    }
    Ok(())
}

/// What the order would have; or why it can't.
fn new_terms(
    book: &Contents,
    handle: Handle,
    price_ticks: Option<i64>,
    quantity_lots: Option<i64>,
    changes: Option<Changes>,
) -> Result<NewTerms, Rejected> {
    let order = &book.orders[handle];
    let changed = changes.map(|changes| changed(order, changes));
    let special = changed.as_deref().or(order.special.as_deref());
    let mut terms = Aggressor {
        price_ticks: price_ticks.unwrap_or(order.price_ticks),
        quantity_lots: quantity_lots.unwrap_or(order.remaining_lots),
        special,
    };
    refuse_terms(book, order.order_id, terms)?;
    let kept = terms.price_ticks == order.price_ticks
        && terms.quantity_lots <= order.remaining_lots
        && !is_shown_otherwise(order, changed.as_deref());
    if !kept && order.post_only {
        refuse_post_only(book, order, terms, book.parked.contains(order, handle))?;
        if !order.order_type.waits() {
            terms.price_ticks = posted_at(book, order, terms).expect("else it had been refused");
        }
    }
    refuse_expiry(book, order, special)?;
    let (price_ticks, remaining_lots) = (terms.price_ticks, terms.quantity_lots);
    Ok(NewTerms {
        price_ticks,
        remaining_lots,
        special: changed,
        kept,
    })
}

fn changed(order: &Order, changes: Changes) -> Box<Special> {
    let mut special = order.special.clone().unwrap_or_default();
    if changes.min_quantity_lots.is_some() {
        special.min_quantity_lots = changes.min_quantity_lots;
    }
    if changes.display_lots.is_some() {
        special.display_lots = changes.display_lots;
    }
    if changes.stop_price_ticks.is_some() && order.order_type.waits() {
        special.stop_price_ticks = changes.stop_price_ticks;
    }
    if changes.expire_time_ms.is_some() && order.time_in_force == TimeInForce::Gtd {
        special.expire_time_ms = changes.expire_time_ms;
    }
    special
}

/// Whether what a replace gives an order changes its place: how it is displayed, when it triggers.
fn is_shown_otherwise(order: &Order, changed: Option<&Special>) -> bool {
    let place = |special: &Special| (special.display_lots, special.stop_price_ticks);
    let before = order.special.as_deref().map_or((None, None), place);
    changed.is_some_and(|special| place(special) != before)
}

/// A parked order stays parked with other terms; as the last to have come, unless it keeps its place.
fn park_on(book: &mut Contents, handle: Handle, new: NewTerms) {
    let kept = new.kept;
    if !kept {
        book.parked.remove(&book.orders[handle], handle);
    }
    new.give(&mut book.orders[handle]);
    if !kept {
        park(book, handle);
    }
}

/// A stop goes on waiting with other terms; as the last to have come, unless it keeps its place.
fn wait_on(book: &mut Contents, handle: Handle, new: NewTerms) {
    let kept = new.kept;
    if !kept {
        book.stops.remove(&book.orders[handle]);
    }
    new.give(&mut book.orders[handle]);
    if !kept {
        book.stops.add(&mut book.orders, handle);
    }
}

/// Less quantity for an order that keeps its place; `special`: None leaves the terms that it has.
pub fn keep(
    book: &mut Contents,
    handle: Handle,
    lots: i64,
    special: Option<Box<Special>>,
    outcomes: &mut Outcomes,
) {
    let order = &mut book.orders[handle];
    let (side, off_lots) = (order.side, order.remaining_lots - lots);
    let altered = order.special.as_deref().is_some_and(Special::alters_matching);
    if special.is_some() {
        order.special = special;
    }
    let alters = order.special.as_deref().is_some_and(Special::alters_matching);
    let is_iceberg = order.is_iceberg();
    let (own, orders) = book.side_mut(side);
    own.specials = own.specials + usize::from(alters) - usize::from(altered);
    own.reduce(orders, handle, off_lots);
    if is_iceberg {
        after_reduction(own, orders, handle, off_lots, outcomes);
    }
}
