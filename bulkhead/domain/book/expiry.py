"""Orders that end by time: gtd at the first tick at or past its time, day when the book is closed.

Orders that end together end by their ids.
"""

from heapq import heappop, heappush

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Expired, Outcome
from bulkhead.domain.book.terms import AT_CLOSE, DAY, GTD


def expect_end(book: Contents, order: BookOrder) -> None:
    """Note when a gtd order ends. A note that has become wrong is dropped when its time comes."""
    end_ms = _end_ms(order)
    if end_ms is not None:
        heappush(book.expiries, (end_ms, order.order_id))


def tick(book: Contents, time_ms: int) -> list[Outcome]:
    """Move the book's time, in any phase; it never goes back. Expired for each gtd order that is over."""
    book.time_ms = max(book.time_ms, time_ms)
    over: dict[int, BookOrder] = {}
    while book.expiries and book.expiries[0][0] <= book.time_ms:
        expire_time_ms, order_id = heappop(book.expiries)
        order = book.live.get(order_id)
        if order is not None and _end_ms(order) == expire_time_ms:
            over[order_id] = order
    return _expire(book, over)


def end_day(book: Contents) -> list[Outcome]:
    """Expired for each day order, and for each at_close order that still waits for a closing auction."""
    over = {i: order for i, order in book.live.items() if order.time_in_force == DAY}
    over.update((i, order) for i, order in book.parked.items() if order.time_in_force == AT_CLOSE)
    return _expire(book, over)


def _end_ms(order: BookOrder) -> int | None:
    """When a gtd order ends; None for any other."""
    if order.time_in_force != GTD or order.special is None:
        return None
    return order.special.expire_time_ms


def _expire(book: Contents, over: dict[int, BookOrder]) -> list[Outcome]:
    return [
        Expired(over[order_id], over[order_id].remaining_lots, take_off(book, over[order_id]))
        for order_id in sorted(over)
    ]
