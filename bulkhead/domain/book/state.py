"""The canonical plain state of a book, and the way back from it.

Two books that behave alike have the same state: orders stand in priority order, nothing depends on the
history that led there. All values are integers (or None), so that any codec takes it.
"""

from typing import TypedDict

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, SELL
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce


class BookState(TypedDict):
    """An order: [order_id, price_ticks, remaining_lots, executed_lots, order_type, time_in_force, post_only].

    `post_only` is 0 or 1; `bids` and `asks` best first, at one price oldest first. An order's `owner` is
    its caller's and isn't here: `Book.order` finds the order to attach it to again.
    """

    phase: int
    last_price_ticks: int | None
    bids: list[list[int]]
    asks: list[list[int]]


def state(book: Contents) -> BookState:
    """The book as plain structures; later commands do not change them."""
    return {
        "phase": int(book.phase),
        "last_price_ticks": book.last_price_ticks,
        "bids": [_row(order) for order in book.bids],
        "asks": [_row(order) for order in book.asks],
    }


def load(book: Contents, saved: BookState) -> None:
    """Fill an empty book with what `state` gave."""
    book.phase = Phase(saved["phase"])
    book.last_price_ticks = saved["last_price_ticks"]
    _load_side(book, book.bids, BUY, saved["bids"])
    _load_side(book, book.asks, SELL, saved["asks"])


def _row(order: BookOrder) -> list[int]:
    return [
        order.order_id,
        order.price_ticks,
        order.remaining_lots,
        order.executed_lots,
        int(order.order_type),
        int(order.time_in_force),
        int(order.post_only),
    ]


_TYPES = {int(order_type): order_type for order_type in OrderType}
_TIMES = {int(time_in_force): time_in_force for time_in_force in TimeInForce}
"""A tenth of the time of OrderType(1), of which a book of a million orders needs a million."""


def _load_side(book: Contents, orders: BookSide, side: Side, rows: list[list[int]]) -> None:
    for order_id, price_ticks, remaining_lots, executed_lots, order_type, time_in_force, post_only in rows:
        order = BookOrder(
            order_id,
            side,
            price_ticks,
            remaining_lots,
            _TYPES[order_type],
            _TIMES[time_in_force],
            bool(post_only),
            executed_lots=executed_lots,
        )
        orders.add(order)
        book.live[order_id] = order
