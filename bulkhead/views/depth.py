"""The resting orders of one instrument as market data tells them: order by order, with sums per price."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from itertools import islice

from bulkhead.domain.terms import Side


class Level:
    """One price of one side.

    Invariant: there is at least one order; a level without orders is taken off its side. `orders` is lots by
    order id in time priority: market data adds an order when it takes its place, later only takes from it.
    """

    __slots__ = ("orders", "price_ticks", "quantity_lots", "side")

    def __init__(self, side: "DepthSide", price_ticks: int) -> None:
        self.side = side
        self.price_ticks = price_ticks
        self.quantity_lots = 0
        """sum of `orders`"""
        self.orders: dict[int, int] = {}


class DepthSide:
    """One side. `keys` are sign * price, sorted, the best last, as in the book's own sides (book/side.py)."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def best_first(self) -> Iterator[Level]:
        return map(self.levels.__getitem__, reversed(self.keys))

    def rows(self, depth: int) -> list[list[int]]:
        """[price_ticks, quantity_lots, orders] of the `depth` best levels, the best first."""
        return [
            [level.price_ticks, level.quantity_lots, len(level.orders)]
            for level in islice(self.best_first(), depth)
        ]


class Depth:
    """Both sides.

    `add` and `add_unpriced` of an order that rests, `reduce` and `remove` of one that does not: KeyError,
    with nothing changed.
    """

    __slots__ = ("_levels", "_unpriced", "asks", "bids")

    def __init__(self) -> None:
        self.bids = DepthSide(Side.BUY)
        self.asks = DepthSide(Side.SELL)
        self._levels: dict[int, Level] = {}
        self._unpriced: dict[int, tuple[Side, int]] = {}
        """market orders that wait for an uncross: side and lots by order id, in time priority"""

    def __len__(self) -> int:
        """How many orders rest."""
        return len(self._levels) + len(self._unpriced)

    def add(self, order_id: int, side: Side, price_ticks: int, quantity_lots: int) -> None:
        if order_id in self._levels or order_id in self._unpriced:
            raise KeyError(order_id)
        half = self.bids if side is Side.BUY else self.asks
        key = half.sign * price_ticks
        level = half.levels.get(key)
        if level is None:
            level = half.levels[key] = Level(half, price_ticks)
            insort(half.keys, key)
        level.orders[order_id] = quantity_lots
        level.quantity_lots += quantity_lots
        self._levels[order_id] = level

    def add_unpriced(self, order_id: int, side: Side, quantity_lots: int) -> None:
        """A market order that waits: it is at no level."""
        if order_id in self._levels or order_id in self._unpriced:
            raise KeyError(order_id)
        self._unpriced[order_id] = side, quantity_lots

    def unpriced(self, side: Side) -> list[tuple[int, int]]:
        """(order id, lots) of the market orders that wait, the first to trade first."""
        return [(order_id, lots) for order_id, (own, lots) in self._unpriced.items() if own is side]

    def reduce(self, order_id: int, quantity_lots: int) -> None:
        """`quantity_lots` are left of the order; it keeps its place."""
        if order_id in self._unpriced:
            self._unpriced[order_id] = self._unpriced[order_id][0], quantity_lots
            return
        level = self._levels[order_id]
        level.quantity_lots += quantity_lots - level.orders[order_id]
        level.orders[order_id] = quantity_lots

    def remove(self, order_id: int) -> None:
        if self._unpriced.pop(order_id, None) is not None:
            return
        level = self._levels.pop(order_id)
        level.quantity_lots -= level.orders.pop(order_id)
        if level.orders:
            return
        half = level.side
        key = half.sign * level.price_ticks
        del half.levels[key]
        if half.keys[-1] == key:
            half.keys.pop()
        else:
            del half.keys[bisect_left(half.keys, key)]
