//! Canceling a live order.

use super::contents::Contents;
use super::leave::take_off;
use super::orders::Handle;
use super::outcomes::{CancelReason, Outcome, Outcomes, RejectReason, Rejected};
use super::terms::Phase;

/// Take an order off, in any phase but closed, or in that one too.
pub fn cancel(
    book: &mut Contents,
    order_id: i64,
    reason: CancelReason,
    while_closed: bool,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    let Some(handle) = book.find(order_id) else {
        return Err(Rejected::order(order_id, RejectReason::UnknownOrder));
    };
    if book.phase == Phase::Closed && !while_closed {
        return Err(Rejected::phase(Some(order_id), book.phase));
    }
    outcomes.push(end_live(book, handle, reason));
    Ok(())
}

/// Take a live order off for this reason.
pub fn end_live(book: &mut Contents, handle: Handle, reason: CancelReason) -> Outcome {
    let quantity_lots = book.orders[handle].remaining_lots;
    let rested = take_off(book, handle);
    Outcome::Canceled {
        order: handle,
        quantity_lots,
        reason,
        rested,
        available_lots: 0,
    }
}
