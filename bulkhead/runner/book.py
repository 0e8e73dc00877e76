"""`bulkhead run book`: the book of one instrument on a file of JSON lines.

The adapter between the runner's contract and `bulkhead.domain.book`: no rule of the book is in here.
What an order is made of is in `book_order`, what is answered in `book_answers`.
"""

import json
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import Any, BinaryIO, Final

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Indicative
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.terms import (
    AUCTION,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    HALTED,
    PRE_OPEN,
    VOLATILITY_AUCTION,
)
from bulkhead.domain.terms import Phase
from bulkhead.machines.engines import Engine
from bulkhead.runner.book_answers import answers, depth, indicative, orders
from bulkhead.runner.book_order import PLACE, REPLACE, SIDES, Owner, changes_of, order_of, quote_of
from bulkhead.runner.fields import Shape, check, choose, command_type
from bulkhead.runner.lines import Command, InputError, run

PHASES: Final[Mapping[str, Phase]] = {
    "continuous": CONTINUOUS,
    "pre_open": PRE_OPEN,
    "auction": AUCTION,
    "halted": HALTED,
    "closed": CLOSED,
    "volatility_auction": VOLATILITY_AUCTION,
    "closing_auction": CLOSING_AUCTION,
}
_IS_PRO_RATA: Final[Mapping[str, bool]] = {"price_time": False, "pro_rata": True}

_SHAPES: Final[Mapping[str, Shape]] = {
    "instrument": Shape(
        {"instrument_id": str, "tick": int, "lot": int, "matching": str},
        {"top_order": bool, "minimum_lots": int, "least_display_lots": int, "early_auction_orders": bool},
    ),
    "place": PLACE,
    "cancel": Shape({"order_id": int}),
    "replace": REPLACE,
    "phase": Shape({"phase": str}),
    "uncross": Shape({}),
    "tick": Shape({"time_ms": int}),
    "pair": Shape({"limit": dict, "stop": dict}),
    "bracket": Shape({"entry": dict, "limit": dict, "stop": dict}),
    "mass_quote": Shape({"account_id": str, "quote_group": str, "quotes": list}),
    "mass_cancel": Shape({}, {"account_id": str, "side": str, "quote_group": str}),
    "mark_price": Shape({"price_ticks": int}),
    "bands": Shape({}, {"static_ticks": int, "dynamic_ticks": int, "reference_ticks": int}),
    "depth": Shape({}),
    "orders": Shape({}),
    "indicative": Shape({}),
}


def run_book(source: BufferedIOBase, sink: BinaryIO, engine: Engine = Engine.REFERENCE) -> int:
    """Run every line of `source`, answers to `sink`; the number of error lines."""
    return run(source, sink, runner_of(engine).handle)


def runner_of(engine: Engine) -> "BookRunner":
    """With the book of an engine, which has to be built."""
    if engine is Engine.REFERENCE:
        return BookRunner()
    from bulkhead.runner.native_book import NativeBook  # loads the binary, which not everybody has

    return BookRunner(NativeBook, NativeBook.mirror)


NewBook = Callable[[ProRata | None, BookRules], Book]


def _is_there(book: Book) -> None:
    """The reference's book is its contents."""


class BookRunner:
    """The book of the last `instrument` line, none before the first.

    `new_book`: an engine's; `mirror`: what has its contents be there, before they are looked at.
    """

    def __init__(self, new_book: NewBook = Book, mirror: Callable[[Any], None] = _is_there) -> None:
        self._new_book = new_book
        self._mirror = mirror
        self._book: Book | None = None
        self._handlers: Mapping[str, Callable[[Book, Command], list[str]]] = {
            "place": lambda book, command: answers(book.place(order_of(command))),
            "pair": _pair,
            "bracket": _bracket,
            "mass_quote": _mass_quote,
            "cancel": lambda book, command: answers(book.cancel(command["order_id"])),
            "replace": _replace,
            "phase": lambda book, command: answers(book.set_phase(choose(command, "phase", PHASES))),
            "uncross": _uncross,
            "tick": lambda book, command: answers(book.tick(command["time_ms"])),
            "mass_cancel": _mass_cancel,
            "mark_price": lambda book, command: answers(book.set_mark_price(command["price_ticks"])),
            "bands": _bands,
            "depth": lambda book, command: [depth(self._mirrored(book))],
            "orders": lambda book, command: [orders(self._mirrored(book))],
            "indicative": lambda book, command: [indicative(book.equilibrium())],
        }

    def _mirrored(self, book: Book) -> Book:
        self._mirror(book)
        return book

    def handle(self, command: Command) -> list[str]:
        """Carry out one command; its answers, each a line of JSON. Raises InputError, the book unchanged."""
        kind = command_type(command, _SHAPES)
        check(command, _SHAPES[kind])
        if kind == "instrument":
            self._book = self._new_book(*_instrument(command))
            return [f'{{"type":"instrument","instrument_id":{json.dumps(command["instrument_id"])}}}']
        if self._book is None:
            raise InputError(f"{kind} before any instrument; begin with an instrument line")
        return self._handlers[kind](self._book, command)


def _instrument(command: Command) -> tuple[ProRata | None, BookRules]:
    least_display_lots, minimum_lots = command.get("least_display_lots", 0), command.get("minimum_lots", 1)
    if least_display_lots < 0:
        raise InputError("instrument: least_display_lots must be at least 0")
    rules = BookRules(least_display_lots, command.get("early_auction_orders", False))
    if not choose(command, "matching", _IS_PRO_RATA):
        return None, rules
    if minimum_lots < 1:
        raise InputError("instrument: minimum_lots must be at least 1")
    return ProRata(command.get("top_order", False), minimum_lots), rules


def _pair(book: Book, command: Command) -> list[str]:
    return answers(book.place_pair(_part(command, "limit"), _part(command, "stop")))


def _bracket(book: Book, command: Command) -> list[str]:
    entry, limit, stop = (_part(command, name) for name in ("entry", "limit", "stop"))
    return answers(book.place_bracket(entry, limit, stop))


def _part(command: Command, name: str) -> BookOrder:
    """An order among those of a pair or a bracket: what a `place` says, without its type."""
    order = {**command[name], "type": f"{command['type']}: {name}"}
    check(order, PLACE)
    return order_of(order)


def _mass_quote(book: Book, command: Command) -> list[str]:
    owner = Owner(command["account_id"], command["quote_group"])
    quotes = [quote_of(quote, owner) for quote in command["quotes"]]
    return answers(book.mass_quote(quotes, lambda other: other == owner))


def _replace(book: Book, command: Command) -> list[str]:
    price_ticks, quantity_lots, changes = changes_of(command, book.order(command["order_id"]))
    return answers(book.replace(command["order_id"], price_ticks, quantity_lots, changes))


def _mass_cancel(book: Book, command: Command) -> list[str]:
    side = choose(command, "side", SIDES) if "side" in command else None

    def is_meant(owner: object) -> bool:
        assert isinstance(owner, Owner)  # order_of gave it
        return all(
            name not in command or command[name] == getattr(owner, name)
            for name in ("account_id", "quote_group")
        )

    return answers(book.mass_cancel(side, is_meant))


def _bands(book: Book, command: Command) -> list[str]:
    bands = Bands(command.get("static_ticks"), command.get("dynamic_ticks"))
    return answers(book.set_bands(bands, command.get("reference_ticks")))


def _uncross(book: Book, command: Command) -> list[str]:
    first, *others = book.uncross()
    return [indicative(first), *answers(others)] if isinstance(first, Indicative) else answers([first])
