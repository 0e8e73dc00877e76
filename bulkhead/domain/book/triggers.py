"""Triggering the stops whose price has been reached."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.links import follow_links
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Repriced, Triggered
from bulkhead.domain.book.place import arrive
from bulkhead.domain.book.post_only import posted_at
from bulkhead.domain.book.stops import become_active, follow_trades
from bulkhead.domain.book.terms import CONTINUOUS


def trigger_stops(book: Contents, outcomes: list[Outcome]) -> None:
    """Let the stops arrive that a command's trades, all of `outcomes`, have brought to their price."""
    follow_trades(book, outcomes, 0)
    while book.phase == CONTINUOUS:
        order = book.stops.due(book.last_price_ticks, book.mark_price_ticks)
        if order is None:
            return
        begin = len(outcomes)
        book.stops.remove(order)
        del book.live[order.order_id]
        become_active(order)
        outcomes.append(Triggered(order))
        follow_links(book, outcomes, begin)  # the other one of a pair goes before this one arrives
        arrived = len(outcomes)
        _arrive_late(book, order, outcomes)
        follow_links(book, outcomes, arrived)
        follow_trades(book, outcomes, begin)


def _arrive_late(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """A post-only stop can't be refused any more: it slides, or is canceled if it would trade."""
    if order.post_only:
        before_ticks, lots = order.price_ticks, order.remaining_lots
        ticks = posted_at(book, order, before_ticks, lots, order.special)
        if ticks is None:
            outcomes.append(Canceled(order, lots, CancelReason.POST_ONLY, False))
            return
        if ticks != before_ticks:
            order.price_ticks = ticks
            outcomes.append(Repriced(order, ticks, before_ticks))
    arrive(book, order, outcomes)
