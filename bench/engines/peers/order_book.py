"""order-book: C. It keeps prices sorted and matches nothing: the matching is written here, in Python.

So this is the cost of a matching engine that is written on it: of every price its orders in a dict, by age.
"""

import importlib
from collections.abc import Sequence
from typing import Any

from bench.engines.commands import Cancel, Command, Place, Script
from bench.engines.prepared import Prepared, Step, Work, carry_out
from bulkhead.domain.terms import Side, TimeInForce


class Matching:
    """By price and time, on the package's two sorted dicts."""

    def __init__(self) -> None:
        book: Any = importlib.import_module("order_book").OrderBook()
        self._bids, self._asks = book.bids, book.asks
        self._places: dict[int, tuple[Any, int]] = {}
        """of each live order: its side, its price"""

    def place(self, command: Place) -> list[int]:
        """The lots of each trade."""
        is_buy, left = command.side is Side.BUY, command.quantity_lots
        own, other = (self._bids, self._asks) if is_buy else (self._asks, self._bids)
        price = command.price_ticks
        traded: list[int] = []
        while left and len(other):
            best, queue = other.index(0)
            if best > price if is_buy else best < price:
                break
            left -= self._take(other, best, queue, left, traded)
        if left and command.time_in_force is not TimeInForce.IOC:
            if price in own:
                own[price][command.order_id] = left
            else:
                own[price] = {command.order_id: left}
            self._places[command.order_id] = own, price
        return traded

    def _take(self, side: Any, price: int, queue: dict[int, int], wanted: int, traded: list[int]) -> int:
        """At one price, oldest first; how much."""
        left = wanted
        while left and queue:
            order_id, has = next(iter(queue.items()))
            lots = min(left, has)
            traded.append(lots)
            left -= lots
            if lots == has:
                del queue[order_id], self._places[order_id]
            else:
                queue[order_id] = has - lots
        if not queue:
            del side[price]
        return wanted - left

    def cancel(self, order_id: int) -> list[int]:
        side, price = self._places.pop(order_id)
        queue = side[price]
        del queue[order_id]
        if not queue:
            del side[price]
        return []

    def resting(self) -> tuple[int, int]:
        """(orders, lots)."""
        queues = [queue for side in (self._bids, self._asks) for queue in side.to_dict().values()]
        return sum(map(len, queues)), sum(sum(queue.values()) for queue in queues)


def prepare(script: Script, frame: int) -> Prepared:
    """It takes no frames."""
    book = Matching()

    def step(command: Command) -> Step:
        if isinstance(command, Cancel):
            return book.cancel, (command.order_id,)
        assert isinstance(command, Place), "it is given plain scripts"
        return book.place, (command,)

    carry_out(script.before, step)

    def work(answers: Sequence[Any]) -> Work:
        traded = [lots for answer in answers for lots in answer]
        return Work(len(traded), sum(traded), *book.resting())

    return Prepared([step(command) for command in script.timed], work)
