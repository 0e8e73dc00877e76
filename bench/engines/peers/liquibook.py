"""liquibook: C++, by the Python wrapper of the same name. Each command is a call, each fill a call back.

Its plain book is taken: the one that keeps depth too is slower. An order's fills are reported to a listener
only, so there is one, and it counts.
"""

import importlib
from collections.abc import Sequence
from typing import Any

from bench.engines.commands import Cancel, Command, Place, Script
from bench.engines.prepared import Prepared, Step, Work, carry_out
from bulkhead.domain.terms import Side, TimeInForce


def prepare(script: Script, frame: int) -> Prepared:
    """It takes no frames."""
    liquibook: Any = importlib.import_module("liquibook")

    class Listener(liquibook.OrderListener):  # type: ignore[misc]  # it has no types
        trades = lots = 0

        def on_accept(self, order: Any) -> None: ...

        def on_cancel(self, order: Any) -> None: ...

        def on_fill(self, order: Any, matched: Any, quantity: int, price: int) -> None:
            self.trades += 1
            self.lots += quantity

    book, listener = liquibook.liquibook_book_OrderBook(), Listener()
    orders: dict[int, Any] = {}
    book.set_order_listener(listener)

    def step(command: Command) -> Step:
        if isinstance(command, Cancel):
            return book.cancel, (orders[command.order_id],)
        assert isinstance(command, Place), "it is given plain scripts"
        order = liquibook.SimpleOrder(command.side is Side.BUY, command.price_ticks, command.quantity_lots)
        orders[command.order_id] = order
        takes = command.time_in_force is TimeInForce.IOC
        return book.add, (order, liquibook.oc_immediate_or_cancel) if takes else (order,)

    carry_out(script.before, step)
    steps = [step(command) for command in script.timed]
    traded_before, lots_before = listener.trades, listener.lots

    def work(answers: Sequence[Any]) -> Work:
        resting = book.bids().size() + book.asks().size()
        return Work(listener.trades - traded_before, listener.lots - lots_before, resting, None)

    return Prepared(steps, work)
