"""One side of a book: price levels, each a queue of orders in time priority."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Final

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.terms import BUY, UNPRICED_TYPES
from bulkhead.domain.terms import Side

UNPRICED_KEY: Final = 2**70
"""Market orders that gather, before every price: this key, two more for those that aren't hidden. Both are
even: no level that may be shown.
"""


class Level:
    """The orders of one key, oldest first: a linked list, so that any of them leaves in constant time.

    Invariant: there is at least one; a level without orders is taken off its side.
    `quantity_lots` is the sum of what remains of its orders, `undisplayed_lots` the part of it that
    icebergs keep back, `orders` their number.
    """

    __slots__ = ("first", "last", "orders", "price_ticks", "quantity_lots", "undisplayed_lots")

    def __init__(self, order: BookOrder) -> None:
        self.price_ticks = order.price_ticks
        self.quantity_lots = order.remaining_lots
        self.undisplayed_lots = 0
        self.orders = 1
        self.first = self.last = order

    @property
    def displayed_lots(self) -> int:
        """What the public may see."""
        return self.quantity_lots - self.undisplayed_lots

    def __iter__(self) -> Iterator[BookOrder]:
        """The orders, oldest first."""
        order: BookOrder | None = self.first
        while order is not None:
            yield order
            order = order.next


class BookSide:
    """The resting orders of one side.

    A price has two keys, `2 * sign * price + 1` for what is displayed and one less for what is hidden
    behind it: of two keys the greater goes first on either side, so that the code below is written once.
    `keys` is sorted, the best last: most activity is near the best price, where a sorted list moves few
    of its entries. A heap with lazy deletion saves 1 us each time a level opens and closes (900 levels,
    CPython 3.11), but can't be walked in order, which fill-or-kill, depth and state need.
    `specials` counts the orders that alter matching (`Special.alters_matching`); pro-rata counts for one.
    `top` is the order that bettered the market last, where pro-rata gives it something; it may have left.
    """

    __slots__ = ("keys", "levels", "pro_rata", "specials", "step", "top")

    def __init__(self, side: Side, pro_rata: ProRata | None = None) -> None:
        self.step = 2 if side == BUY else -2
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}
        self.pro_rata = pro_rata
        self.specials = 0 if pro_rata is None else 1
        self.top: BookOrder | None = None

    def best_price_ticks(self) -> int | None:
        """The best price, of hidden orders too; None when the side is empty."""
        return self.levels[self.keys[-1]].price_ticks if self.keys else None

    def reaches(self, price_ticks: int) -> bool:
        """Whether an order of the other side with this worst price meets an order here at all."""
        keys = self.keys
        return bool(keys) and keys[-1] >= self.step * price_ticks

    def available_lots(self, price_ticks: int, wanted_lots: int) -> int:
        """What an order of the other side with this worst price can trade at once, at most `wanted_lots`.

        Only where no order here alters matching.
        """
        worst_key = self.step * price_ticks
        lots = 0
        for key in reversed(self.keys):
            if key < worst_key or lots >= wanted_lots:
                break
            lots += self.levels[key].quantity_lots
        return min(lots, wanted_lots)

    def key(self, order: BookOrder) -> int:
        """Where a special order stands."""
        hidden = order.special is not None and order.special.display_lots == 0
        if order.order_type in UNPRICED_TYPES:
            return UNPRICED_KEY if hidden else UNPRICED_KEY + 2
        return self.step * order.price_ticks + (0 if hidden else 1)

    def crown(self, order: BookOrder) -> None:
        """Before an order is added: it is the top order if it betters the market, and no longer if not."""
        key = self.key(order)
        if key & 1 and (not self.keys or key > self.keys[-1]):
            self.top = order
        elif self.top is order:
            self.top = None

    def add(self, order: BookOrder) -> None:
        """Put an order at the end of its queue."""
        special = order.special
        key = self.step * order.price_ticks + 1 if special is None else self.key(order)
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(order)
            insort(self.keys, key)
        else:
            order.previous = level.last
            level.last.next = level.last = order
            level.quantity_lots += order.remaining_lots
            level.orders += 1
        if special is not None:
            self.specials += special.alters_matching
            if special.display_lots:
                level.undisplayed_lots += order.remaining_lots - special.shown_lots

    def remove(self, order: BookOrder) -> None:
        """Take an order off, with all that remains of it; an empty level goes too."""
        special = order.special
        if special is None:
            key = self.step * order.price_ticks + 1
            level = self.levels[key]
        else:
            key = self.key(order)
            level = self.levels[key]
            self.specials -= special.alters_matching
            if special.display_lots:
                level.undisplayed_lots -= order.remaining_lots - special.shown_lots
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
        """Take `lots`, fewer than remain, off an order, which keeps its place.

        An iceberg loses them from what it shows; what it keeps back is `display`'s to change.
        """
        order.remaining_lots -= lots
        key = self.step * order.price_ticks + 1 if order.special is None else self.key(order)
        self.levels[key].quantity_lots -= lots

    def level(self, order: BookOrder) -> Level:
        """The level that a resting order stands in."""
        return self.levels[self.key(order)]

    def depth(self) -> Iterator[Level]:
        """The levels that are displayed, best price first."""
        return (self.levels[key] for key in reversed(self.keys) if key & 1)

    def __iter__(self) -> Iterator[BookOrder]:
        """The orders in priority order."""
        for key in reversed(self.keys):
            yield from self.levels[key]
