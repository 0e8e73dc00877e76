"""`bulkhead run book`: the book of one instrument on a file of JSON lines.

The adapter between the runner's contract and `bulkhead.domain.book`: no rule of the book is in here.
A market order has no worst price here; a `price_ticks` that it carries is not looked at.
"""

import json
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from typing import BinaryIO, Final

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    Outcome,
    PhaseChanged,
    Rejected,
    RejectReason,
    Replaced,
    Traded,
)
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import (
    BUY,
    CLOSED,
    CONTINUOUS,
    FOK,
    GTC,
    HALTED,
    IOC,
    LIMIT,
    MARKET,
    SELL,
    worst_price_ticks,
)
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.runner.fields import Shape, check, choose, command_type
from bulkhead.runner.lines import Command, InputError, run

_SIDES: Final[Mapping[str, Side]] = {"buy": BUY, "sell": SELL}
_ORDER_TYPES: Final[Mapping[str, OrderType]] = {"limit": LIMIT, "market": MARKET}
_ORDER_TYPES_LATER: Final = frozenset({"stop", "stop_limit", "trailing_stop", "market_to_limit"})
_TIMES_IN_FORCE: Final[Mapping[str, TimeInForce]] = {"gtc": GTC, "ioc": IOC, "fok": FOK}
_TIMES_IN_FORCE_LATER: Final = frozenset({"day", "gtd", "at_open", "at_close"})
_PHASES: Final[Mapping[str, Phase]] = {"continuous": CONTINUOUS, "halted": HALTED, "closed": CLOSED}
_PHASES_LATER: Final = frozenset({"pre_open", "auction"})
_MATCHINGS: Final[Mapping[str, str]] = {"price_time": "price_time"}
_MATCHINGS_LATER: Final = frozenset({"pro_rata"})

_PHASE_NAMES: Final = {phase: name for name, phase in _PHASES.items()}

_SHAPES: Final[Mapping[str, Shape]] = {
    "instrument": Shape({"instrument_id": str, "tick": int, "lot": int, "matching": str}),
    "place": Shape(
        {"order_id": int, "account_id": str, "side": str, "quantity_lots": int},
        {
            "order_type": str,
            "price_ticks": int,
            "time_in_force": str,
            "post_only": bool,
            "client_order_id": str,
        },
        frozenset(
            {
                "stop_price_ticks",
                "trail_ticks",
                "display_lots",
                "min_quantity_lots",
                "stp_group",
                "stp_mode",
                "expire_time_ms",
            }
        ),
    ),
    "cancel": Shape({"order_id": int}),
    "replace": Shape(
        {"order_id": int},
        {"price_ticks": int, "quantity_lots": int},
        frozenset({"stop_price_ticks", "min_quantity_lots", "display_lots", "expire_time_ms"}),
    ),
    "phase": Shape({"phase": str}),
    "uncross": Shape({}),
    "tick": Shape({"time_ms": int}),
    "depth": Shape({}),
    "orders": Shape({}),
    "indicative": Shape({}),
}


def run_book(source: BufferedIOBase, sink: BinaryIO) -> int:
    """Run every line of `source` on the reference engine, answers to `sink`; the number of error lines."""
    return run(source, sink, BookRunner().handle)


class BookRunner:
    """The book of the last `instrument` line, none before the first."""

    def __init__(self) -> None:
        self._book: Book | None = None
        self._handlers: Mapping[str, Callable[[Book, Command], list[str]]] = {
            "place": _place,
            "cancel": _cancel,
            "replace": _replace,
            "phase": _phase,
            "uncross": _uncross,
            "tick": _tick,
            "depth": _depth,
            "orders": _orders,
            "indicative": _indicative,
        }

    def handle(self, command: Command) -> list[str]:
        """Carry out one command; its answers, each a line of JSON. Raises InputError, the book unchanged."""
        kind = command_type(command, _SHAPES)
        check(command, _SHAPES[kind])
        if kind == "instrument":
            choose(command, "matching", _MATCHINGS, _MATCHINGS_LATER)
            self._book = Book()
            return [f'{{"type":"instrument","instrument_id":{json.dumps(command["instrument_id"])}}}']
        if self._book is None:
            raise InputError(f"{kind} before any instrument; begin with an instrument line")
        return self._handlers[kind](self._book, command)


def _place(book: Book, command: Command) -> list[str]:
    side = choose(command, "side", _SIDES)
    order_type, time_in_force = LIMIT, GTC
    if "order_type" in command:
        order_type = choose(command, "order_type", _ORDER_TYPES, _ORDER_TYPES_LATER)
    if "time_in_force" in command:
        time_in_force = choose(command, "time_in_force", _TIMES_IN_FORCE, _TIMES_IN_FORCE_LATER)
    if order_type == MARKET:
        price_ticks = worst_price_ticks(side)
    elif "price_ticks" in command:
        price_ticks = command["price_ticks"]
    else:
        raise InputError("place: missing price_ticks, which a limit order needs")
    order = BookOrder(
        command["order_id"],
        side,
        price_ticks,
        command["quantity_lots"],
        order_type,
        time_in_force,
        command.get("post_only", False),
    )
    return _answers(book.place(order))


def _cancel(book: Book, command: Command) -> list[str]:
    return _answers(book.cancel(command["order_id"]))


def _replace(book: Book, command: Command) -> list[str]:
    return _answers(
        book.replace(command["order_id"], command.get("price_ticks"), command.get("quantity_lots"))
    )


def _phase(book: Book, command: Command) -> list[str]:
    return _answers(book.set_phase(choose(command, "phase", _PHASES, _PHASES_LATER)))


def _uncross(book: Book, command: Command) -> list[str]:
    # No call phase can be entered yet, and anywhere else this is the contract's answer.
    return [f'{{"type":"rejected","order_id":null,"reason":"{RejectReason.PHASE}"}}']


def _tick(book: Book, command: Command) -> list[str]:
    # Nothing that can be placed yet waits for a time.
    return []


def _indicative(book: Book, command: Command) -> list[str]:
    # Outside a call phase the book is never crossed: nothing would trade.
    return ['{"type":"indicative","price_ticks":null,"quantity_lots":0}']


def _depth(book: Book, command: Command) -> list[str]:
    def levels(side: BookSide) -> str:
        return ",".join(
            f"[{level.price_ticks},{level.quantity_lots},{level.orders}]" for level in side.depth()
        )

    return [f'{{"type":"depth","bids":[{levels(book.bids)}],"asks":[{levels(book.asks)}]}}']


def _orders(book: Book, command: Command) -> list[str]:
    def rows(side: BookSide) -> str:
        return ",".join(f"[{order.order_id},{order.price_ticks},{order.remaining_lots}]" for order in side)

    return [f'{{"type":"orders","bids":[{rows(book.bids)}],"asks":[{rows(book.asks)}],"stops":[]}}']


def _answers(outcomes: list[Outcome]) -> list[str]:
    """The lines of what a command caused. That an order rests is not told: it follows from the others."""
    lines: list[str] = []
    for outcome in outcomes:
        match outcome:
            case Accepted():
                lines.append(f'{{"type":"accepted","order_id":{outcome.order.order_id}}}')
            case Traded():
                lines.append(
                    f'{{"type":"trade","aggressor_order_id":{outcome.aggressor.order_id},'
                    f'"resting_order_id":{outcome.resting.order_id},"price_ticks":{outcome.price_ticks},'
                    f'"quantity_lots":{outcome.quantity_lots},'
                    f'"aggressor_side":"{"buy" if outcome.aggressor.side == BUY else "sell"}"}}'
                )
            case Canceled():
                lines.append(
                    f'{{"type":"canceled","order_id":{outcome.order.order_id},'
                    f'"quantity_lots":{outcome.quantity_lots},"reason":"{outcome.reason}"}}'
                )
            case Replaced():
                lines.append(
                    f'{{"type":"replaced","order_id":{outcome.order.order_id},'
                    f'"price_ticks":{outcome.price_ticks},"quantity_lots":{outcome.quantity_lots}}}'
                )
            case Rejected():
                lines.append(
                    f'{{"type":"rejected","order_id":{outcome.order_id},"reason":"{outcome.reason}"}}'
                )
            case PhaseChanged():
                lines.append(f'{{"type":"phase","phase":"{_PHASE_NAMES[outcome.phase]}"}}')
    return lines
