"""Canceling a resting order."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Rejected, RejectReason
from bulkhead.domain.book.terms import BUY, CLOSED, CONTINUOUS


def cancel(book: Contents, order_id: int, reason: CancelReason) -> list[Outcome]:
    """Take an order off, in any phase but closed."""
    order = book.live.get(order_id)
    if order is None:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    if book.phase == CLOSED:
        return [Rejected(order_id, RejectReason.PHASE, CONTINUOUS, book.phase)]
    return [take_off(book, order, reason)]


def take_off(book: Contents, order: BookOrder, reason: CancelReason) -> Canceled:
    """Take a resting order off, in any phase."""
    (book.bids if order.side == BUY else book.asks).remove(order)
    del book.live[order.order_id]
    return Canceled(order, order.remaining_lots, reason, True)
