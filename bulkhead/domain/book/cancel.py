"""Canceling a live order."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Rejected, RejectReason
from bulkhead.domain.book.terms import CLOSED, CONTINUOUS


def cancel(book: Contents, order_id: int, reason: CancelReason, while_closed: bool = False) -> list[Outcome]:
    """Take an order off, in any phase but closed, or in that one too."""
    order = book.live.get(order_id)
    if order is None:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    if book.phase == CLOSED and not while_closed:
        return [Rejected(order_id, RejectReason.PHASE, CONTINUOUS, book.phase)]
    return [Canceled(order, order.remaining_lots, reason, take_off(book, order))]
