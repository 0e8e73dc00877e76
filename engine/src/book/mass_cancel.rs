//! Canceling many orders at once.

use super::cancel::end_live;
use super::contents::Contents;
use super::order::Order;
use super::outcomes::{CancelReason, Outcomes, Rejected};
use super::terms::{Phase, Side};

/// Cancel every live order of a side (None: of both) that `is_meant`, by order id.
///
/// In any phase but closed, as `cancel`. The book knows no accounts: they are its caller's, by order id.
pub fn mass_cancel(
    book: &mut Contents,
    side: Option<Side>,
    is_meant: &dyn Fn(&Order) -> bool,
    outcomes: &mut Outcomes,
) -> Result<(), Rejected> {
    if book.phase == Phase::Closed {
        return Err(Rejected::phase(None, book.phase));
    }
    for handle in book.live_by_id(|order| side.is_none_or(|side| order.side == side) && is_meant(order)) {
        outcomes.push(end_live(book, handle, CancelReason::Requested));
    }
    Ok(())
}
