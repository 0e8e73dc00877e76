"""What the runner's `place` and `replace` say, as an order and as changes of the book.

An unpriced order has no worst price here; a field that its order type or time in force has no use for is
not looked at.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.replace import Changes
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import (
    BUY,
    GTC,
    GTD,
    LIMIT,
    SELL,
    STOP_LIMIT,
    TRAILING_STOP,
    WAITING_TYPES,
    worst_price_ticks,
)
from bulkhead.domain.terms import OrderType, Side, StpMode, TimeInForce
from bulkhead.runner.fields import Shape, check, choose, need
from bulkhead.runner.lines import Command, InputError

SIDES: Final[Mapping[str, Side]] = {"buy": BUY, "sell": SELL}
_ORDER_TYPES: Final[Mapping[str, OrderType]] = {kind.name.lower(): kind for kind in OrderType}
_TIMES_IN_FORCE: Final[Mapping[str, TimeInForce]] = {time.name.lower(): time for time in TimeInForce}
_STP_MODES: Final[Mapping[str, StpMode]] = {mode.name.lower(): mode for mode in StpMode}
_TRIGGERS: Final[Mapping[str, bool]] = {"last": False, "mark": True}
_PRICED: Final = frozenset({LIMIT, STOP_LIMIT})

PLACE: Final = Shape(
    {"order_id": int, "account_id": str, "side": str, "quantity_lots": int},
    {
        "order_type": str,
        "price_ticks": int,
        "time_in_force": str,
        "expire_time_ms": int,
        "stop_price_ticks": int,
        "trail_ticks": int,
        "display_lots": int,
        "min_quantity_lots": int,
        "post_only": bool,
        "slide_ticks": int,
        "trigger": str,
        "quote_group": str,
        "stp_group": str | int,
        "stp_mode": str,
        "client_order_id": str,
    },
)
REPLACE: Final = Shape(
    {"order_id": int},
    {
        "price_ticks": int,
        "quantity_lots": int,
        "stop_price_ticks": int,
        "min_quantity_lots": int,
        "display_lots": int,
        "expire_time_ms": int,
    },
)
_QUOTE: Final = Shape(
    {"order_id": int, "side": str, "price_ticks": int, "quantity_lots": int},
    {"stp_group": str | int, "stp_mode": str},
)
_SPECIAL: Final = frozenset(
    {
        "stop_price_ticks",
        "trail_ticks",
        "display_lots",
        "min_quantity_lots",
        "stp_group",
        "expire_time_ms",
        "slide_ticks",
    }
)
_CHANGES: Final = ("stop_price_ticks", "min_quantity_lots", "display_lots", "expire_time_ms")


class Owner(NamedTuple):
    """Whose an order is: what a mass cancel asks for."""

    account_id: str
    quote_group: str | None


def order_of(command: Command) -> BookOrder:
    """The order that a checked `place` describes. Raises InputError."""
    side = choose(command, "side", SIDES)
    order_type = choose(command, "order_type", _ORDER_TYPES) if "order_type" in command else LIMIT
    time = choose(command, "time_in_force", _TIMES_IN_FORCE) if "time_in_force" in command else GTC
    if order_type in _PRICED:
        price_ticks = need(command, "price_ticks", f"a {order_type.name.lower()} order")
    else:
        price_ticks = worst_price_ticks(side)
    return BookOrder(
        command["order_id"],
        side,
        price_ticks,
        command["quantity_lots"],
        order_type,
        time,
        command.get("post_only", False),
        Owner(command["account_id"], command.get("quote_group")),
        special=_special(command, order_type, time),
    )


def quote_of(quote: object, owner: Owner) -> BookOrder:
    """The quote that an entry of a `mass_quote` describes. Raises InputError."""
    if type(quote) is not dict:
        raise InputError("mass_quote: quotes must be a list of objects")
    entry = {**quote, "type": "mass_quote: quotes"}
    check(entry, _QUOTE)
    side = choose(entry, "side", SIDES)
    order = BookOrder(entry["order_id"], side, entry["price_ticks"], entry["quantity_lots"], LIMIT, GTC)
    order.owner = owner
    if "stp_group" in entry:
        order.special = _special(entry, LIMIT, GTC)
    return order


def changes_of(command: Command, order: BookOrder | None) -> tuple[int | None, int | None, Changes | None]:
    """The price, the quantity and the special terms of a checked `replace`, None where they stay."""
    price_ticks = command.get("price_ticks")
    if order is not None and order.order_type not in _PRICED:
        price_ticks = None
    changes = None
    if any(name in command for name in _CHANGES):
        changes = Changes(*(command.get(name) for name in _CHANGES))
    return price_ticks, command.get("quantity_lots"), changes


def _special(command: Command, order_type: OrderType, time: TimeInForce) -> Special | None:
    mode = choose(command, "stp_mode", _STP_MODES) if "stp_mode" in command else None
    waits, expires = order_type in WAITING_TYPES, time == GTD
    if not waits and not expires and _SPECIAL.isdisjoint(command):
        return None
    special = Special(command.get("display_lots"), command.get("min_quantity_lots"))
    special.slide_ticks = command.get("slide_ticks")
    if "stp_group" in command:
        special.stp_group = str(command["stp_group"])
        special.stp_mode = special.stp_mode if mode is None else mode
    if waits and order_type != TRAILING_STOP:
        special.stop_price_ticks = need(command, "stop_price_ticks", f"a {order_type.name.lower()} order")
    elif waits:
        special.stop_price_ticks = command.get("stop_price_ticks")
        special.trail_ticks = need(command, "trail_ticks", "a trailing_stop order")
    if waits and "trigger" in command:
        special.on_mark = choose(command, "trigger", _TRIGGERS)
    if expires:
        special.expire_time_ms = need(command, "expire_time_ms", "a gtd order")
    return special
