"""Canceling many orders at once."""

from collections.abc import Callable

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Rejected, RejectReason
from bulkhead.domain.book.terms import CLOSED, CONTINUOUS
from bulkhead.domain.terms import Side


def mass_cancel(book: Contents, side: Side | None, is_meant: Callable[[object], bool]) -> list[Outcome]:
    """Cancel every live order of a side (None: of both) whose owner `is_meant`, by order id.

    In any phase but closed, as `cancel`. The book knows no accounts: they are in its caller's owners.
    """
    if book.phase == CLOSED:
        return [Rejected(None, RejectReason.PHASE, CONTINUOUS, book.phase)]
    meant = sorted(
        order_id
        for order_id, order in book.live.items()
        if (side is None or order.side == side) and is_meant(order.owner)
    )
    orders = [book.live[order_id] for order_id in meant]
    return [
        Canceled(order, order.remaining_lots, CancelReason.REQUESTED, take_off(book, order))
        for order in orders
    ]
