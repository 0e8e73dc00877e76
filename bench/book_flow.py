"""Order flow for a book alone: limit orders behind a middle that walks, cancels of live orders, takers.

55 % limit orders at a distance that is geometric (p = 0.05) behind the middle, which moves a tick up or down
every 200th command or so; 40 % cancels of an order that is live at that moment; 5 % limit orders that reach
five ticks past the other side's best price.
"""

import math
import random
from typing import Final

from bench.engines.commands import Cancel, Place
from bench.engines.reference_book import book_order
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.outcomes import Outcome, Rested, Traded
from bulkhead.domain.book.terms import BUY, SELL
from bulkhead.domain.terms import Side

MIDDLE_TICKS: Final = 1_000_000
NEAR: Final = 0.05
"""The chance that an order stands at a distance and not farther: 20 ticks away in the mean."""
LIMIT_PERCENT, CANCEL_PERCENT = 55, 40
REACH_TICKS: Final = 5
LOTS_MAX: Final = 100


Command = Place | Cancel


def distance_ticks(chance: random.Random) -> int:
    """How far from the middle an order stands, from 1."""
    return 1 + int(math.log(1.0 - chance.random()) / math.log(1.0 - NEAR))


class BookFlow:
    """Commands, the same for the same seed; a book of the reference takes them too, to know who is live."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._book = Book()
        self._middle_ticks = MIDDLE_TICKS
        self._placed = 0
        self._live: list[int] = []
        self._index: dict[int, int] = {}

    def resting(self, orders: int) -> list[Place]:
        """Orders that rest on an empty book, so many."""
        places = [self._limit() for _ in range(orders)]
        for place in places:
            self._apply(place)
        return places

    def commands(self, count: int) -> list[Command]:
        """The next `count` commands."""
        return [self._apply(self._next()) for _ in range(count)]

    def _next(self) -> Command:
        drawn = self._random.randrange(1000)
        if drawn % 200 == 0:
            self._middle_ticks += self._random.choice((-1, 1))
        if drawn < 10 * CANCEL_PERCENT and self._live:
            return Cancel(self._random.choice(self._live))
        return self._limit() if drawn < 10 * (CANCEL_PERCENT + LIMIT_PERCENT) else self._taker()

    def _limit(self) -> Place:
        distance = distance_ticks(self._random)
        side = self._random.choice((BUY, SELL))
        return self._place(side, self._middle_ticks + (-distance if side == BUY else distance))

    def _taker(self) -> Place:
        side = self._random.choice((BUY, SELL))
        best = (self._book.asks if side == BUY else self._book.bids).best_price_ticks()
        touch = self._middle_ticks if best is None else best
        return self._place(side, touch + (REACH_TICKS if side == BUY else -REACH_TICKS))

    def _place(self, side: Side, price_ticks: int) -> Place:
        self._placed += 1
        return Place(self._placed, side, price_ticks, self._random.randint(1, LOTS_MAX))

    def _apply(self, command: Command) -> Command:
        if isinstance(command, Place):
            self._hear(self._book.place(book_order(command)))
        else:
            self._book.cancel(command.order_id)
            self._forget(command.order_id)
        return command

    def _hear(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Rested):
                self._index[outcome.order.order_id] = len(self._live)
                self._live.append(outcome.order.order_id)
            elif isinstance(outcome, Traded) and not outcome.resting_remaining_lots:
                self._forget(outcome.resting.order_id)

    def _forget(self, order_id: int) -> None:
        last, place = self._live.pop(), self._index.pop(order_id)
        if last != order_id:
            self._live[place], self._index[last] = last, place
