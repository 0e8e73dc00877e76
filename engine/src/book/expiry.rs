//! Orders that end by time: gtd at the first tick at or past its time, day when the book is closed.
//!
//! Orders that end together end by their ids.

use std::cmp::Reverse;

use super::contents::Contents;
use super::leave::take_off;
use super::order::Order;
use super::orders::Handle;
use super::outcomes::{Outcome, Outcomes};
use super::terms::TimeInForce;

/// Note when a gtd order ends. A note that has become wrong is dropped when its time comes.
pub fn expect_end(book: &mut Contents, handle: Handle) {
    let order = &book.orders[handle];
    if let Some(end_ms) = end_ms(order) {
        book.expiries.push(Reverse((end_ms, order.order_id)));
    }
}

/// Move the book's time, in any phase; it never goes back. Expired for each gtd order that is over.
pub fn tick(book: &mut Contents, time_ms: i64, outcomes: &mut Outcomes) {
    book.time_ms = book.time_ms.max(time_ms);
    let mut over = Vec::new();
    while let Some(&Reverse((expire_time_ms, order_id))) = book.expiries.peek() {
        if expire_time_ms > book.time_ms {
            break;
        }
        book.expiries.pop();
        let ends = |handle: &Handle| end_ms(&book.orders[*handle]) == Some(expire_time_ms);
        if let Some(handle) = book.find(order_id).filter(ends) {
            over.push((order_id, handle));
        }
    }
    over.sort_unstable_by_key(|&(order_id, _)| order_id);
    over.dedup(); // a time that was given twice is noted twice
    for (_, handle) in over {
        expire(book, handle, outcomes);
    }
}

/// Expired for each day order, and for each at_close order that still waits for a closing auction.
pub fn end_day(book: &mut Contents, outcomes: &mut Outcomes) {
    let over =
        book.live_by_id(|order| matches!(order.time_in_force, TimeInForce::Day | TimeInForce::AtClose));
    for handle in over {
        let order = &book.orders[handle];
        if order.time_in_force == TimeInForce::Day || book.parked.contains(order, handle) {
            expire(book, handle, outcomes);
        }
    }
}

/// When a gtd order ends; None for any other.
fn end_ms(order: &Order) -> Option<i64> {
    if order.time_in_force != TimeInForce::Gtd {
        return None;
    }
    order.special.as_deref()?.expire_time_ms
}

fn expire(book: &mut Contents, handle: Handle, outcomes: &mut Outcomes) {
    let quantity_lots = book.orders[handle].remaining_lots;
    let rested = take_off(book, handle);
    outcomes.push(Outcome::Expired {
        order: handle,
        quantity_lots,
        rested,
    });
}
