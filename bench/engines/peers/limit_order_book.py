"""limit-order-book: C++, by ctypes. It reports no fills, so what it has done is seen in what rests."""

import importlib
from collections.abc import Sequence
from typing import Any

from bench.engines.commands import Cancel, Command, Place, Script
from bench.engines.prepared import Prepared, Step, Work, carry_out
from bulkhead.domain.terms import Side


def prepare(script: Script, frame: int) -> Prepared:
    """It takes no frames, and no order that is immediate or cancel."""
    book: Any = importlib.import_module("limit_order_book").LimitOrderBook()

    def step(command: Command) -> Step:
        if isinstance(command, Cancel):
            return book.cancel, (command.order_id,)
        assert isinstance(command, Place), "it is given plain scripts"
        call = book.limit_buy if command.side is Side.BUY else book.limit_sell
        return call, (command.order_id, command.quantity_lots, command.price_ticks)

    carry_out(script.before, step)

    def work(answers: Sequence[Any]) -> Work:
        return Work(None, None, book.count(), book.volume())

    return Prepared([step(command) for command in script.timed], work)
