"""The native engine's book behind the interface of the reference's.

Commands and outcomes go over as bytes (docs/engine.md, "The bytes of BookCore"). What an order says is read
from the engine where an outcome names it; what the book holds is read, whole, where somebody looks.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any, Final, cast

import msgspec

from bulkhead._engine import BookCore
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
_REJECTED: Final = 1 + _OUTCOMES.index(told.Rejected)
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


class NativeBook(Book):
    """A book of the native engine. Its `Contents` are what that one held when `mirror` was called last."""

    def __init__(self, pro_rata: ProRata | None = None, rules: BookRules = PLAIN_RULES) -> None:
        super().__init__(pro_rata, rules)
        shares = None if pro_rata is None else (pro_rata.top_order, pro_rata.minimum_lots)
        self._orders: dict[int, BookOrder] = {}
        """as they were given; some may have ended"""
        self._core = BookCore(shares, rules.least_display_lots, rules.early_auction_orders)

    def place(self, order: BookOrder) -> list[Outcome]:
        return self._do([1, _order(order)], order)

    def place_pair(self, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        return self._do([2, _order(limit), _order(stop)], limit, stop)

    def place_bracket(self, entry: BookOrder, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
        return self._do([3, _order(entry), _order(limit), _order(stop)], entry, limit, stop)

    def cancel(
        self,
        order_id: int,
        reason: CancelReason = CancelReason.REQUESTED,
        while_closed: bool = False,
    ) -> list[Outcome]:
        return self._do([4, order_id, 1 + _CANCEL_REASONS.index(reason), *([1] if while_closed else [])])

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
        meant = self._meant(is_meant)  # afterwards all orders that are known are live
        new = [quote for quote in quotes if quote.order_id not in self._orders]
        return self._do([11, [_order(quote) for quote in quotes], meant], *new)

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
        book = cls()
        book._core = BookCore.from_state(msgspec.msgpack.encode(saved, order="sorted"))
        book.mirror()
        return book

    def order(self, order_id: int) -> BookOrder | None:
        """A live order."""
        known, row = self._orders.get(order_id), self._core.order(order_id)
        if known is not None and row is not None:
            _update(known, msgspec.msgpack.decode(row))
        return known

    def _do(self, command: list[Any], *new: BookOrder) -> list[Outcome]:
        """Let the native engine carry out a command: what it caused, of the orders that the caller knows."""
        for order_id in [order.order_id for order in new] or command[1:2]:
            if isinstance(order_id, int) and order_id > ORDER_ID_MAX:  # no decoder takes it: refused before
                return [told.Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
        sent = ([14, *self.price_range_ticks], command)  # the range is a plain field in the reference
        answer = self._core.apply(b"".join(map(msgspec.msgpack.encode, sent)))
        assert answer[:1] == b"\x90"  # a range causes nothing
        rows = msgspec.msgpack.decode(answer[1:])
        if rows and rows[0][0] != _REJECTED:
            self._orders |= {order.order_id: order for order in new}
        outcomes = [_outcome(row, self._orders) for row in rows]
        self._name(outcomes)
        return outcomes

    def _name(self, outcomes: Iterable[Outcome]) -> None:
        """Give the orders that outcomes name what they say now, and forget those that have ended."""
        for order_id in {order.order_id for outcome in outcomes for order in _named(outcome)}:
            row = self._core.order(order_id)
            if row is not None:
                _update(self._orders[order_id], msgspec.msgpack.decode(row))
        for outcome in outcomes:
            for order in _ended(outcome):
                self._orders.pop(order.order_id, None)

    def _meant(self, is_meant: Callable[[object], bool]) -> list[int]:
        self.mirror()
        return [order_id for order_id, order in self.live.items() if is_meant(order.owner)]

    def mirror(self) -> None:
        """Hold what the native book holds, its orders in the objects that the caller knows."""
        saved, price_range_ticks = self.state(), self.price_range_ticks
        super().__init__(state_module.pro_rata(saved), state_module.rules(saved))
        facts = {"bids": [], "asks": [], "stops": [], "parked": [], "links": [], "tops": [None, None]}
        state_module.load(self, cast(BookState, {**saved, **facts}))
        self.price_range_ticks = price_range_ticks

        def order(side: int, row: Row) -> BookOrder:
            found = self._orders.get(row[0]) or BookOrder(
                row[0], Side(side), 0, 0, OrderType.LIMIT, TimeInForce.GTC
            )
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
        self._orders = dict(self.live)


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


def _named(outcome: Outcome) -> list[BookOrder]:
    return [getattr(outcome, name) for name in _ORDERS if hasattr(outcome, name)]


def _ended(outcome: Outcome) -> list[BookOrder]:
    """The orders that are over with it, unless it is that of their own command."""
    match outcome:
        case told.Canceled() | told.Expired():
            return [outcome.order]
        case told.Traded() | told.Decremented():
            return [
                order
                for order, left in (
                    (outcome.aggressor, outcome.aggressor_remaining_lots),
                    (outcome.resting, outcome.resting_remaining_lots),
                )
                if not left
            ]
        case told.Uncrossed():
            return [
                order
                for order, left in (
                    (outcome.buy, outcome.buy_remaining_lots),
                    (outcome.sell, outcome.sell_remaining_lots),
                )
                if not left
            ]
    return []
