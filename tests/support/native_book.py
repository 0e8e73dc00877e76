"""The native engine's book behind the interface of the reference's, so that one test runs on both.

What the book holds is read from the native engine after every command, and nothing is worked out here: the
outcomes are those that came as bytes, the orders have the values of its state.
"""

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

from bulkhead.domain.book import outcomes as told
from bulkhead.domain.book import state as state_module
from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.book_rules import PLAIN_RULES, BookRules
from bulkhead.domain.book.equilibrium import Equilibrium
from bulkhead.domain.book.link import Link
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import CancelReason, Outcome, RejectReason
from bulkhead.domain.book.parked import park
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.replace import Changes
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.state import BookState, Row
from bulkhead.domain.book.terms import BUY, ORDER_ID_MAX, SELL, UNPRICED_TYPES
from bulkhead.domain.terms import OrderType, Phase, Side, StpMode, TimeInForce

if TYPE_CHECKING:
    pass


_OUTCOMES: Final = (
    told.Accepted,
    told.Rested,
    told.Traded,
    told.Uncrossed,
    told.Displayed,
    told.Decremented,
    told.Triggered,
    told.Activated,
    told.Canceled,
    told.Expired,
    told.Replaced,
    told.Repriced,
    told.Rejected,
    told.PhaseChanged,
    told.Indicative,
)
"""An outcome's number is its place here, from 1."""
_ORDERS: Final = frozenset({"order", "aggressor", "resting", "buy", "sell"})
_FLAGS: Final = frozenset({"renewed", "rested", "kept_priority"})
_CANCEL_REASONS: Final = tuple(CancelReason)
_REJECT_REASONS: Final = tuple(RejectReason)
_TERMS: Final = (
    "display_lots",
    "shown_lots",
    "min_quantity_lots",
    "stp_group",
    "stp_mode",
    "stop_price_ticks",
    "trail_ticks",
    "expire_time_ms",
    "on_mark",
    "slide_ticks",
)
"""As they stand in a row of the state."""

needs_native_engine = pytest.mark.skipif(
    importlib.util.find_spec("bulkhead._engine") is None,
    reason="the native engine is not built here: `make venv` says why",
)


class NativeBook(Book):
    """A book of the native engine. Its `Contents` mirror what that one holds."""

    def __init__(self, pro_rata: ProRata | None = None, rules: BookRules = PLAIN_RULES) -> None:
        super().__init__(pro_rata, rules)
        from bulkhead._engine import BookCore  # absent where the engine is not built

        shares = None if pro_rata is None else (pro_rata.top_order, pro_rata.minimum_lots)
        self._core: BookCore = BookCore(shares, rules.least_display_lots, rules.early_auction_orders)

    def place(self, order: BookOrder) -> list[Outcome]:
        return self._do([1, _order(order)], order)

    def place_pair(self, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        return self._do([2, _order(limit), _order(stop)], limit, stop)

    def place_bracket(self, entry: BookOrder, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        return self._do([3, _order(entry), _order(limit), _order(stop)], entry, limit, stop)

    def cancel(self, order_id: int, reason: CancelReason = CancelReason.REQUESTED) -> list[Outcome]:
        return self._do([4, order_id, 1 + _CANCEL_REASONS.index(reason)])

    def clear(self, orders: Iterable[BookOrder]) -> list[Outcome]:
        return self._do([5, [order.order_id for order in orders]])

    def replace(
        self,
        order_id: int,
        price_ticks: int | None = None,
        quantity_lots: int | None = None,
        changes: Changes | None = None,
    ) -> list[Outcome]:
        new = None if changes is None else [getattr(changes, field.name) for field in fields(changes)]
        return self._do([6, order_id, price_ticks, quantity_lots, new])

    def set_phase(self, phase: Phase) -> list[Outcome]:
        return self._do([7, int(phase)])

    def uncross(self) -> list[Outcome]:
        return self._do([8])

    def tick(self, time_ms: int) -> list[Outcome]:
        return self._do([9, time_ms])

    def mass_cancel(
        self, side: Side | None = None, is_meant: Callable[[object], bool] = lambda owner: True
    ) -> list[Outcome]:
        return self._do([10, side, self._meant(is_meant)])

    def mass_quote(self, quotes: Sequence[BookOrder], is_meant: Callable[[object], bool]) -> list[Outcome]:
        return self._do([11, [_order(quote) for quote in quotes], self._meant(is_meant)], *quotes)

    def set_mark_price(self, price_ticks: int) -> list[Outcome]:
        return self._do([12, price_ticks])

    def set_bands(self, bands: Bands | None, reference_ticks: int | None = None) -> list[Outcome]:
        widths = None if bands is None else [bands.static_ticks, bands.dynamic_ticks]
        return self._do([13, widths, reference_ticks])

    def equilibrium(self) -> Equilibrium | None:
        found = self._core.equilibrium()
        return None if found is None else Equilibrium(*found)

    def state(self) -> BookState:
        return cast(BookState, msgspec.msgpack.decode(self._core.state()))

    @classmethod
    def from_state(cls, saved: BookState) -> "NativeBook":
        from bulkhead._engine import BookCore

        book = cls()
        book._core = BookCore.from_state(msgspec.msgpack.encode(saved, order="sorted"))
        book._mirror({})
        return book

    def _do(self, command: list[Any], *new: BookOrder) -> list[Outcome]:
        """Let the native engine carry out a command: what it caused, of the orders that the test knows."""
        named = {order.order_id: order for order in new} | self.live
        for order_id in [order.order_id for order in new] or command[1:2]:
            if isinstance(order_id, int) and order_id > ORDER_ID_MAX:  # no decoder takes it: refused before
                return [told.Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
        sent = ([14, *self.price_range_ticks], command)  # the range is a plain field in the reference
        answer = self._core.apply(b"".join(map(msgspec.msgpack.encode, sent)))
        assert answer[:1] == b"\x90"  # a range causes nothing
        rows = msgspec.msgpack.decode(answer[1:])
        for order_id, order in named.items():
            row = self._core.order(order_id)
            if row is not None:
                _update(order, msgspec.msgpack.decode(row))
        self._mirror(named)
        return [_outcome(row, named) for row in rows]

    def _meant(self, is_meant: Callable[[object], bool]) -> list[int]:
        return [order_id for order_id, order in self.live.items() if is_meant(order.owner)]

    def _mirror(self, named: dict[int, BookOrder]) -> None:
        """Hold what the native book holds, its orders in the objects that the test knows."""
        saved, price_range_ticks = self.state(), self.price_range_ticks
        super().__init__(state_module.pro_rata(saved), state_module.rules(saved))
        facts = {"bids": [], "asks": [], "stops": [], "parked": [], "links": [], "tops": [None, None]}
        state_module.load(self, cast(BookState, {**saved, **facts}))
        self.price_range_ticks = price_range_ticks

        def order(side: int, row: Row) -> BookOrder:
            found = named.get(row[0]) or BookOrder(row[0], Side(side), 0, 0, OrderType.LIMIT, TimeInForce.GTC)
            found.previous = found.next = None
            _update(found, [side, *row])
            self.live[found.order_id] = found
            return found

        for row in saved["bids"]:
            self.bids.add(order(BUY, row))
        for row in saved["asks"]:
            self.asks.add(order(SELL, row))
        for side, *row in saved.get("stops", ()):
            self.stops.add(order(side, row))
        for side, *row in saved.get("parked", ()):
            park(self, order(side, row))
        for limit_id, stop_id, entry_id, filled_lots in saved.get("links", ()):
            link = Link(self.live[limit_id], self.live[stop_id], entry_id, filled_lots)
            self.links.update(dict.fromkeys(link.order_ids(), link))
        self.quiet = not self.stops.orders and not self.links


BOOKS: Final = (
    pytest.param(Book, id="reference"),
    pytest.param(NativeBook, id="native", marks=needs_native_engine),
)


def _order(order: BookOrder) -> list[Any]:
    return [
        order.order_id,
        order.side,
        order.price_ticks,
        order.remaining_lots,
        order.order_type,
        order.time_in_force,
        int(order.post_only),
        None if order.special is None else _special(order.special),
    ]


def _special(special: Special) -> list[Any]:
    return [
        int(value) if isinstance(value, bool) else value
        for value in (getattr(special, name) for name in _TERMS if name != "shown_lots")
    ]


def _update(order: BookOrder, row: Row) -> None:
    """Give an order the values of its row, which begins with its side."""
    if order.order_type in UNPRICED_TYPES and order.special is None:
        order.special = Special()  # the reference's `BookSide` asks a special order where it stands
    _, _, ticks, remaining_lots, executed_lots, order_type, time_in_force, post_only, *terms = row
    order.price_ticks, order.remaining_lots, order.executed_lots = ticks, remaining_lots, executed_lots
    order.order_type, order.time_in_force = OrderType(order_type), TimeInForce(time_in_force)
    order.post_only = bool(post_only)
    if terms:
        order.special = order.special or Special()
        for name, value in zip(_TERMS, terms[0], strict=True):
            setattr(order.special, name, value)
        order.special.stp_mode = StpMode(order.special.stp_mode)
        order.special.on_mark = bool(order.special.on_mark)


def _outcome(row: list[Any], named: dict[int, BookOrder]) -> Outcome:
    number, *values = row
    kind = _OUTCOMES[number - 1]

    def meant(name: str, value: Any) -> Any:
        if name in _ORDERS:
            return named[value]
        if name == "reason":
            return (_CANCEL_REASONS if kind is told.Canceled else _REJECT_REASONS)[value - 1]
        if name == "phase":
            return Phase(value)
        return bool(value) if name in _FLAGS else value

    names = (field.name for field in fields(kind))
    return kind(*(meant(name, value) for name, value in zip(names, values, strict=True)))
