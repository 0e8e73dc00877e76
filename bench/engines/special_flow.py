"""Order flow of which icebergs, stops and auctions are part, for books that know them."""

import random
from typing import Final

from bench.book_flow import CANCEL_PERCENT, LIMIT_PERCENT, LOTS_MAX, MIDDLE_TICKS, REACH_TICKS, distance_ticks
from bench.engines.commands import Cancel, Command, Gather, Place, Uncross
from bench.engines.prepared import carry_out
from bench.engines.reference_book import step
from bulkhead.domain.book.book import Book
from bulkhead.domain.terms import OrderType, Side

ICEBERG_PERCENT: Final = 20
"""Of the limit orders that are to rest."""
SLICES: Final = 10
"""An iceberg shows a tenth of itself."""
STOP_PERCENT: Final = 10
"""Of the same: they wait behind the middle of the other side, and are market orders then."""
AUCTION_EVERY, AUCTION_COMMANDS = 2_000, 100
"""How many commands apart auctions begin, and for how many the orders gather."""


class SpecialFlow:
    """The same for the same seed: 55 % limits (icebergs and stops among them), 40 % cancels, 5 % takers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._book = Book()
        self._middle_ticks = MIDDLE_TICKS
        self._ids: list[int] = []
        """of all orders that may be live"""
        self._placed = 0

    def resting(self, orders: int) -> list[Command]:
        """So many limit orders, on an empty book; stops are none of them."""
        return [self._applied(self._limit(stop_percent=0)) for _ in range(orders)]

    def commands(self, count: int) -> list[Command]:
        """The next `count` commands; no auction is on at their end."""
        return [self._applied(self._next(number, count)) for number in range(count)]

    def _next(self, number: int, count: int) -> Command:
        into = number % AUCTION_EVERY
        if into == 0 and number + AUCTION_COMMANDS < count:
            return Gather()
        if into == AUCTION_COMMANDS:
            return Uncross()
        drawn = self._random.randrange(1000)
        if drawn % 200 == 0:
            self._middle_ticks += self._random.choice((-1, 1))
        if drawn < 10 * CANCEL_PERCENT and (order_id := self._live()):
            return Cancel(order_id)
        is_limit = drawn < 10 * (CANCEL_PERCENT + LIMIT_PERCENT)
        return self._limit(STOP_PERCENT) if is_limit else self._taker()

    def _live(self) -> int:
        """An order that is live, any; 0 if there is none. Those that have ended are forgotten on the way."""
        while self._ids:
            place = self._random.randrange(len(self._ids))
            order_id = self._ids[place]
            if order_id in self._book.live:
                return order_id
            self._ids[place] = self._ids[-1]
            self._ids.pop()
        return 0

    def _limit(self, stop_percent: int) -> Place:
        side = self._random.choice((Side.BUY, Side.SELL))
        away = distance_ticks(self._random) * (-1 if side is Side.BUY else 1)
        lots = self._random.randint(1, LOTS_MAX)
        kind = self._random.randrange(100)
        if kind < stop_percent:
            stop_ticks = self._middle_ticks - away
            worst_ticks = stop_ticks - away
            return self._place(side, worst_ticks, lots, OrderType.STOP, stop_price_ticks=stop_ticks)
        display_lots = max(1, lots // SLICES) if kind >= 100 - ICEBERG_PERCENT else None
        return self._place(side, self._middle_ticks + away, lots, display_lots=display_lots)

    def _taker(self) -> Place:
        side = self._random.choice((Side.BUY, Side.SELL))
        best = (self._book.asks if side is Side.BUY else self._book.bids).best_price_ticks()
        touch = self._middle_ticks if best is None else best
        reach = REACH_TICKS if side is Side.BUY else -REACH_TICKS
        return self._place(side, touch + reach, self._random.randint(1, LOTS_MAX))

    def _place(
        self,
        side: Side,
        price_ticks: int,
        lots: int,
        order_type: OrderType = OrderType.LIMIT,
        display_lots: int | None = None,
        stop_price_ticks: int | None = None,
    ) -> Place:
        self._placed += 1
        self._ids.append(self._placed)
        return Place(
            self._placed,
            side,
            price_ticks,
            lots,
            order_type,
            display_lots=display_lots,
            stop_price_ticks=stop_price_ticks,
        )

    def _applied(self, command: Command) -> Command:
        carry_out([command], lambda one: step(self._book, one))
        return command
