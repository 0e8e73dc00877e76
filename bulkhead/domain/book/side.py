"""One side of a book: price levels, each a queue of orders in time priority."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.terms import BUY
from bulkhead.domain.terms import Side


class Level:
    """The orders of one price, oldest first: a linked list, so that any of them leaves in constant time.

    Invariant: there is at least one; a level without orders is taken off its side.
    `quantity_lots` is the sum of what remains of its orders, `orders` their number.
    """

    __slots__ = ("first", "last", "orders", "price_ticks", "quantity_lots")

    def __init__(self, order: BookOrder) -> None:
        self.price_ticks = order.price_ticks
        self.quantity_lots = order.remaining_lots
        self.orders = 1
        self.first = self.last = order


class BookSide:
    """The resting orders of one side.

    A price is kept as its key, `sign * price`: of two keys the greater is the better price on either
    side, so that the code below is written once. `keys` is sorted, the best last: most activity is near
    the best price, where a sorted list moves few of its entries. A heap with lazy deletion saves 1 us each
    time a level opens and closes (900 levels, CPython 3.11), but can't be walked in order, which
    fill-or-kill, depth and state need.
    """

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side == BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def best_price_ticks(self) -> int | None:
        """The best price, None when the side is empty."""
        return self.sign * self.keys[-1] if self.keys else None

    def reaches(self, price_ticks: int) -> bool:
        """Whether an order of the other side with this worst price would trade here at all."""
        keys = self.keys
        return bool(keys) and keys[-1] >= self.sign * price_ticks

    def available_lots(self, price_ticks: int, wanted_lots: int) -> int:
        """What an order of the other side with this worst price can trade at once, at most `wanted_lots`."""
        worst_key = self.sign * price_ticks
        lots = 0
        for key in reversed(self.keys):
            if key < worst_key or lots >= wanted_lots:
                break
            lots += self.levels[key].quantity_lots
        return min(lots, wanted_lots)

    def add(self, order: BookOrder) -> None:
        """Put an order at the end of its price's queue."""
        key = self.sign * order.price_ticks
        level = self.levels.get(key)
        if level is None:
            self.levels[key] = Level(order)
            insort(self.keys, key)
            return
        order.previous = level.last
        level.last.next = level.last = order
        level.quantity_lots += order.remaining_lots
        level.orders += 1

    def remove(self, order: BookOrder) -> None:
        """Take an order off, with all that remains of it; an empty level goes too."""
        key = self.sign * order.price_ticks
        level = self.levels[key]
        if level.orders == 1:
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
            del self.levels[key]
            return
        before, after = order.previous, order.next
        if before is not None:
            before.next = after
        elif after is not None:
            level.first = after
        if after is not None:
            after.previous = before
        elif before is not None:
            level.last = before
        order.previous = order.next = None
        level.quantity_lots -= order.remaining_lots
        level.orders -= 1

    def reduce(self, order: BookOrder, lots: int) -> None:
        """Take `lots`, fewer than remain, off an order, which keeps its place."""
        order.remaining_lots -= lots
        self.levels[self.sign * order.price_ticks].quantity_lots -= lots

    def depth(self) -> Iterator[Level]:
        """The levels, best price first."""
        return map(self.levels.__getitem__, reversed(self.keys))

    def __iter__(self) -> Iterator[BookOrder]:
        """The orders in priority order."""
        for level in self.depth():
            order: BookOrder | None = level.first
            while order is not None:
                yield order
                order = order.next
