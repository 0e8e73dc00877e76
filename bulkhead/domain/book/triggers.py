"""Triggering the stops whose price has been reached."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Triggered
from bulkhead.domain.book.place import arrive
from bulkhead.domain.book.refuse import would_trade_at
from bulkhead.domain.book.stops import become_active, follow
from bulkhead.domain.book.terms import CONTINUOUS


def trigger_stops(book: Contents, outcomes: list[Outcome]) -> None:
    """Let the stops arrive that a command's trades, all of `outcomes`, have brought to their price."""
    follow(book, outcomes, 0)
    while book.phase == CONTINUOUS and book.last_price_ticks is not None:
        order = book.stops.due(book.last_price_ticks)
        if order is None:
            return
        begin = len(outcomes)
        book.stops.remove(order)
        del book.live[order.order_id]
        become_active(order)
        outcomes.append(Triggered(order))
        _arrive_late(book, order, outcomes)
        follow(book, outcomes, begin)


def _arrive_late(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """A post-only stop can't be refused any more: it is canceled if it would trade."""
    lots = order.remaining_lots
    if order.post_only and would_trade_at(book, order, order.price_ticks, lots, order.special) is not None:
        outcomes.append(Canceled(order, lots, CancelReason.POST_ONLY, False))
        return
    arrive(book, order, outcomes)
