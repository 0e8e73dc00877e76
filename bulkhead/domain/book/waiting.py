"""The orders that wait for their stop price, where the next to trigger is found at once."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import BUY, TRAILING_STOP

Entry = tuple[int, int, BookOrder]
"""key (the stop price, negative for a sell: the least is passed by most), arrival, order"""


class Ladder:
    """Orders that wait for one price, the last trade price or the mark price, by side and stop price."""

    __slots__ = ("buys", "sells")

    def __init__(self) -> None:
        self.buys: list[Entry] = []
        self.sells: list[Entry] = []

    def entries(self, order: BookOrder) -> list[Entry]:
        """Those of an order's side."""
        return self.buys if order.side == BUY else self.sells

    def reached(self, price_ticks: int | None) -> Iterator[Entry]:
        """Of either side the first that this price has reached, keyed by how far it has not passed it."""
        if price_ticks is None:
            return
        for entries, sign in ((self.buys, 1), (self.sells, -1)):
            if entries and entries[0][0] <= sign * price_ticks:
                key, arrival, order = entries[0]
                yield key - sign * price_ticks, arrival, order


class Waiting:
    """Orders that wait, so that the next to trigger is found at once.

    Invariant: an order is here exactly while its type is one of WAITING_TYPES and it is live.
    `orders` has them by order id, `trailing` those whose stop price moves.
    `arrivals` counts who came, and gives each its place among equals.
    """

    __slots__ = ("arrivals", "for_last", "for_mark", "orders", "trailing")

    def __init__(self) -> None:
        self.for_last = Ladder()
        self.for_mark = Ladder()
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

    def due(self, last_ticks: int | None, mark_ticks: int | None) -> BookOrder | None:
        """The order whose stop price its price has passed by most, the oldest of equals; None if no stop
        price has been reached.
        """
        found = [*self.for_last.reached(last_ticks), *self.for_mark.reached(mark_ticks)]
        return min(found)[2] if found else None

    def _ladder(self, order: BookOrder) -> Ladder:
        return self.for_mark if terms(order).on_mark else self.for_last

    def _insert(self, order: BookOrder) -> None:
        insort(self._ladder(order).entries(order), _entry(order))

    def _delete(self, order: BookOrder) -> None:
        entries = self._ladder(order).entries(order)
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
