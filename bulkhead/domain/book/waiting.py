"""The orders that wait for their stop price, where the next to trigger is found at once."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import BUY, TRAILING_STOP

Entry = tuple[int, int, BookOrder]
"""key (the stop price, negative for a sell: the least is passed by most), arrival, order"""


class Waiting:
    """Orders that wait, by side and stop price.

    Invariant: an order is here exactly while its type is one of WAITING_TYPES and it is live.
    `orders` has them by order id, `trailing` those whose stop price moves.
    `arrivals` counts who came, and gives each its place among equals.
    """

    __slots__ = ("arrivals", "buys", "orders", "sells", "trailing")

    def __init__(self) -> None:
        self.buys: list[Entry] = []
        self.sells: list[Entry] = []
        self.orders: dict[int, BookOrder] = {}
        self.trailing: dict[int, BookOrder] = {}
        self.arrivals = 0

    def __iter__(self) -> Iterator[BookOrder]:
        """The orders by arrival."""
        return iter(sorted(self.orders.values(), key=lambda order: terms(order).arrival))

    def add(self, order: BookOrder) -> None:
        """Let an order wait, the last of those at its stop price."""
        self.arrivals += 1
        terms(order).arrival = self.arrivals
        self._insert(order)
        self.orders[order.order_id] = order
        if order.order_type == TRAILING_STOP:
            self.trailing[order.order_id] = order

    def remove(self, order: BookOrder) -> None:
        """Take an order away."""
        self._delete(order)
        del self.orders[order.order_id]
        if order.order_type == TRAILING_STOP:
            del self.trailing[order.order_id]

    def move(self, order: BookOrder, stop_price_ticks: int) -> None:
        """Give an order another stop price; it stays as old as it is."""
        self._delete(order)
        terms(order).stop_price_ticks = stop_price_ticks
        self._insert(order)

    def due(self, price_ticks: int) -> BookOrder | None:
        """The order whose stop price this price has passed by most, the oldest of equals; None if it has
        reached none.
        """
        found: list[tuple[int, int, BookOrder]] = []
        if self.buys and self.buys[0][0] <= price_ticks:
            key, arrival, order = self.buys[0]
            found.append((key - price_ticks, arrival, order))
        if self.sells and self.sells[0][0] <= -price_ticks:
            key, arrival, order = self.sells[0]
            found.append((key + price_ticks, arrival, order))
        return min(found)[2] if found else None

    def _insert(self, order: BookOrder) -> None:
        insort(self.buys if order.side == BUY else self.sells, _entry(order))

    def _delete(self, order: BookOrder) -> None:
        entries = self.buys if order.side == BUY else self.sells
        del entries[bisect_left(entries, _entry(order))]


def terms(order: BookOrder) -> Special:
    """The special terms that every waiting order has."""
    assert order.special is not None  # place sees to it
    return order.special


def stop_ticks(order: BookOrder) -> int:
    """The stop price of a waiting order."""
    ticks = terms(order).stop_price_ticks
    assert ticks is not None  # as above
    return ticks


def _entry(order: BookOrder) -> Entry:
    ticks = stop_ticks(order)
    return (ticks if order.side == BUY else -ticks), terms(order).arrival, order
