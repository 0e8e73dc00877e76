//! How a live order leaves, wherever it is.

use super::contents::Contents;
use super::orders::Handle;

/// Take a live order off the book, or from those that wait; whether it was on the book.
pub fn take_off(book: &mut Contents, handle: Handle) -> bool {
    book.delist(handle);
    let order = &book.orders[handle];
    if order.special.is_some() {
        if book.parked.remove(order, handle) {
            return false;
        }
        if order.order_type.waits() {
            book.stops.remove(order);
            return false;
        }
    }
    let (side, orders) = book.side_mut(order.side);
    side.remove(orders, handle);
    true
}
