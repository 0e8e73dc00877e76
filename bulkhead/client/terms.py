"""What `Client.place` is given, as a command: decimals become whole numbers, names become numbers."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import IntEnum
from typing import TypedDict, TypeVar

from bulkhead.client.decimals import DecimalLike, Scale
from bulkhead.client.report import InstrumentScales
from bulkhead.domain.messages.order_terms import NO_TERMS, OrderTerms
from bulkhead.domain.terms import OrderType, StpMode, TimeInForce

Vocabulary = TypeVar("Vocabulary", bound=IntEnum)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Terms(TypedDict, total=False):
    """By keyword, each as OrderTerms says; decimals instead of ticks and lots. docs/rules.md says which go
    with which order.
    """

    stop_price: DecimalLike
    """what a stop waits for; where a trailing stop begins"""
    trail: DecimalLike
    """the distance that a trailing stop keeps, as a difference of prices"""
    on_mark: bool
    display: DecimalLike
    """an iceberg's slice; 0: hidden"""
    min_quantity: DecimalLike
    expires_at: datetime | int
    """when a gtd order ends; an int: milliseconds since 1970"""
    slide: DecimalLike
    """how far from the other side's best price a post-only order goes, as a difference of prices"""
    stp_group: str
    stp_mode: StpMode | str
    quote_group: str
    trader_id: str


class Leg(Terms, total=False):
    """One order of a pair or a bracket, by keyword: what `Client.place` is told of an order, but for what all
    of them have in common.
    """

    price: DecimalLike
    protection_price: DecimalLike
    time_in_force: TimeInForce | str
    order_type: OrderType | str
    post_only: bool
    client_order_id: str


def order_type(chosen: OrderType | str | None, *, has_price: bool, has_protection: bool) -> OrderType:
    """The type as it was chosen; where none was, a price makes a limit order and a protection a market order.

    ValueError where the prices are not those of the type.
    """
    if has_price == has_protection:
        raise ValueError(
            "an order takes either price (a limit or stop_limit order) or protection_price (any other: the"
            " worst price that it may trade at)"
        )
    if chosen is None:
        return OrderType.LIMIT if has_price else OrderType.MARKET
    return member(OrderType, chosen, "order type")


def order_terms(scales: InstrumentScales, given: Terms) -> OrderTerms | None:
    """None where nothing is given that a plain order doesn't have. ValueError as `Client.place`."""
    unknown = sorted(given.keys() - Terms.__annotations__.keys())
    if unknown:
        raise TypeError(f"place() got an unexpected keyword argument {unknown[0]!r}")
    ticks, quantity = scales.price.to_units, scales.quantity
    mode = given.get("stp_mode")
    terms = OrderTerms(
        _of(given.get("stop_price"), ticks),
        _of(given.get("trail"), ticks),
        given.get("on_mark", False),
        _of(given.get("display"), lambda value: lots(quantity, value)),
        _of(given.get("min_quantity"), lambda value: lots(quantity, value)),
        _milliseconds(given.get("expires_at")),
        _of(given.get("slide"), ticks),
        given.get("stp_group", ""),
        0 if mode is None else int(member(StpMode, mode, "self-trade mode")),
        given.get("quote_group", ""),
        given.get("trader_id", ""),
    )
    return None if terms == NO_TERMS else terms


def member(vocabulary: type[Vocabulary], value: Vocabulary | str, what: str) -> Vocabulary:
    """The member with this name, in any case, or the member itself. ValueError that names them all."""
    if isinstance(value, str):
        found = vocabulary.__members__.get(value.upper())
        if found is not None:
            return found
    elif isinstance(value, vocabulary):
        return value
    names = ", ".join(name.lower() for name in vocabulary.__members__)
    raise ValueError(f"{value!r} is no {what}: one of {names}")


def lots(scale: Scale, quantity: DecimalLike) -> int:
    """ValueError for a negative quantity, too."""
    counted = scale.to_units(quantity)
    if counted < 0:
        raise ValueError(f"{scale.what} {quantity} is negative: the side says whether it is bought or sold")
    return counted


def _of(value: DecimalLike | None, convert: Callable[[DecimalLike], int]) -> int | None:
    return None if value is None else convert(value)


def _milliseconds(time: datetime | int | None) -> int | None:
    if not isinstance(time, datetime):
        return time
    if time.tzinfo is None:
        raise ValueError(f"expires_at {time.isoformat()} says no time zone: pass an aware datetime")
    since = time - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
