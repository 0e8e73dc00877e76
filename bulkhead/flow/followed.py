"""The reader's own book: it follows the recording, so that each row is read in the light of what rests."""

from bisect import bisect_left, insort
from dataclasses import dataclass

from bulkhead.domain.terms import Side


@dataclass(slots=True)
class Resting:
    """An order that rests: what is left of it, and its owner."""

    order_id: int
    side: Side
    price_ticks: int
    quantity_lots: int
    participant: int
    account_id: str


class BookSide:
    """One side by price and time. Keys are prices, negated for bids: the best comes first on either side."""

    def __init__(self, side: Side) -> None:
        self.sign = -1 if side is Side.BUY else 1
        self.keys: list[int] = []
        self.levels: dict[int, dict[int, Resting]] = {}

    def best_within(self, limit_ticks: int) -> Resting | None:
        """The order that one on the other side with this limit meets first, None if it meets nothing."""
        if not self.keys or self.keys[0] > limit_ticks * self.sign:
            return None
        return next(iter(self.levels[self.keys[0]].values()))

    def add(self, order: Resting) -> None:
        """Behind all that rest at its price."""
        key = order.price_ticks * self.sign
        level = self.levels.get(key)
        if level is None:
            insort(self.keys, key)
            level = self.levels[key] = {}
        level[order.order_id] = order

    def remove(self, order: Resting) -> None:
        """Take off an order that rests."""
        key = order.price_ticks * self.sign
        level = self.levels[key]
        del level[order.order_id]
        if not level:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]


class FollowedBook:
    """Both sides, and the live orders by their recorded ids."""

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.live: dict[int, Resting] = {}

    def side(self, side: Side) -> BookSide:
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, side: Side) -> BookSide:
        return self.asks if side is Side.BUY else self.bids

    def rest(self, order: Resting) -> None:
        """The order comes to rest, without matching."""
        self.live[order.order_id] = order
        self.side(order.side).add(order)

    def take_off(self, order_id: int) -> Resting | None:
        """The order leaves; None if it does not rest."""
        order = self.live.pop(order_id, None)
        if order is not None:
            self.side(order.side).remove(order)
        return order

    def take(self, side: Side, limit_ticks: int, quantity_lots: int) -> list[tuple[Resting, int]]:
        """Match an incoming order: the orders it met and how much of each; those filled have left."""
        opposite = self.opposite(side)
        fills = []
        while quantity_lots and (met := opposite.best_within(limit_ticks)):
            filled_lots = min(quantity_lots, met.quantity_lots)
            quantity_lots -= filled_lots
            met.quantity_lots -= filled_lots
            if not met.quantity_lots:
                self.take_off(met.order_id)
            fills.append((met, filled_lots))
        return fills
