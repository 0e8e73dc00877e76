"""The reference's book, called with objects: no codec is in its figures."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from bench.engines.commands import Cancel, Command, Gather, Place, Script
from bench.engines.native_book import resting
from bench.engines.prepared import Prepared, Step, Work, carry_out
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Traded, Uncrossed
from bulkhead.domain.book.special import Special
from bulkhead.domain.terms import Phase


def book_order(place: Place) -> BookOrder:
    """A new one."""
    special = None
    if place.is_special:
        special = Special(display_lots=place.display_lots, stop_price_ticks=place.stop_price_ticks)
    return BookOrder(
        place.order_id,
        place.side,
        place.price_ticks,
        place.quantity_lots,
        place.order_type,
        place.time_in_force,
        place.post_only,
        special=special,
    )


def step(book: Book, command: Command) -> Step:
    if isinstance(command, Place):
        return book.place, (book_order(command),)
    if isinstance(command, Cancel):
        return book.cancel, (command.order_id,)
    return (book.set_phase, (Phase.AUCTION,)) if isinstance(command, Gather) else (book.uncross, ())


def prepare(script: Script, frame: int) -> Prepared:
    """The reference takes no frames."""
    book = Book()
    carry_out(script.before, partial(step, book))

    def work(answers: Sequence[Any]) -> Work:
        traded = [
            outcome.quantity_lots
            for outcomes in answers
            for outcome in outcomes
            if isinstance(outcome, Traded | Uncrossed)
        ]
        return Work(len(traded), sum(traded), *resting(book.state()))

    return Prepared([step(book, command) for command in script.timed], work)
