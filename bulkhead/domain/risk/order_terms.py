"""An order's special terms: which go with which order, and what is in them. A check returns None, or why not
with its numbers; each goes by the order of the reasons.
"""

from dataclasses import replace
from typing import Final

from bulkhead.domain.messages.order_terms import NO_TERMS, PLACES, OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.model import Instrument, Risk
from bulkhead.domain.terms import OrderType, StpMode, TimeInForce

NAME_LENGTH_MAX: Final = 32
"""of a group and a trader: with the participant's name and a slash before it, it fits the wire's `name`"""
WAITING: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_MAY_REST: Final = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.MARKET_TO_LIMIT})
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_STP_MODES: Final = frozenset(StpMode)


def check_which_terms(command: PlaceOrder) -> Refusal | None:
    """What the order's type and time in force need, then what they have no use for."""
    terms = command.terms or NO_TERMS
    order_type, time_in_force = command.order_type, command.time_in_force
    needed = {
        "stop_price_ticks": order_type in (OrderType.STOP, OrderType.STOP_LIMIT),
        "trail_ticks": order_type == OrderType.TRAILING_STOP,
        "expire_time_ms": time_in_force == TimeInForce.GTD,
    }
    for name, needs in needed.items():
        if needs and getattr(terms, name) is None:
            return Reason.TERM_MISSING, 0, PLACES[name]
    useless = (
        ("stop_price_ticks", order_type not in WAITING),
        ("trail_ticks", not needed["trail_ticks"]),
        ("on_mark", order_type not in WAITING),
        # Nothing of it would ever be displayed.
        ("display_lots", order_type not in _MAY_REST or time_in_force in _AT_ONCE),
        ("expire_time_ms", not needed["expire_time_ms"]),
        ("slide_ticks", not command.post_only),
        ("stp_mode", not terms.stp_group),
    )
    for name, is_useless in useless:
        if is_useless and getattr(terms, name) != getattr(NO_TERMS, name):
            return Reason.TERM_UNEXPECTED, 0, PLACES[name]
    return None


def check_numbers_of_terms(instrument: Instrument, terms: OrderTerms, quantity_lots: int) -> Refusal | None:
    """Increments and bounds."""
    refusal = check_stop_price(instrument, terms.stop_price_ticks)
    distances = [ticks for ticks in (terms.trail_ticks, terms.slide_ticks) if ticks is not None]
    quantities = [lots for lots in (terms.display_lots, terms.min_quantity_lots) if lots is not None]
    found = [
        *((Reason.PRICE_INCREMENT, *at) for at in _off(instrument.price_increment_ticks, distances)),
        *((Reason.QUANTITY_INCREMENT, *at) for at in _off(instrument.quantity_increment_lots, quantities)),
    ]
    if (low := check_slice(instrument, terms, quantity_lots)) is not None:
        found.append(low)
    if terms.min_quantity_lots == 0:
        found.append((Reason.QUANTITY_LOW, 1, 0))
    highest = instrument.price_max_ticks
    found += [
        (Reason.DISTANCE, 1 if ticks < 1 else highest, ticks)
        for ticks in distances
        if not 1 <= ticks <= highest
    ]
    if terms.min_quantity_lots is not None and terms.min_quantity_lots > quantity_lots:
        found.append((Reason.MIN_QUANTITY_HIGH, quantity_lots, terms.min_quantity_lots))
    return min([*found, *([refusal] if refusal else [])], default=None)


def check_slice(instrument: Instrument, terms: OrderTerms | None, quantity_lots: int) -> Refusal | None:
    """An iceberg of this total shows what its instrument asks for, or all of itself."""
    least_lots = min(instrument.least_display_lots, quantity_lots)
    if terms is None or not terms.display_lots or terms.display_lots >= least_lots:
        return None
    return Reason.QUANTITY_LOW, least_lots, terms.display_lots


def check_stop_price(instrument: Instrument, ticks: int | None) -> Refusal | None:
    """As an order's own price; None: there is none."""
    if ticks is None:
        return None
    if ticks % instrument.price_increment_ticks:
        return Reason.PRICE_INCREMENT, instrument.price_increment_ticks, ticks
    if ticks < instrument.price_min_ticks:
        return Reason.PRICE_LOW, instrument.price_min_ticks, ticks
    if ticks > instrument.price_max_ticks:
        return Reason.PRICE_HIGH, instrument.price_max_ticks, ticks
    return None


def check_time_and_names(risk: Risk, terms: OrderTerms) -> Refusal | None:
    """What is looked at last."""
    if terms.expire_time_ms is not None and terms.expire_time_ms <= risk.time_ms:
        return Reason.EXPIRE_TIME, risk.time_ms, terms.expire_time_ms
    for name in (terms.stp_group, terms.quote_group, terms.trader_id):
        if len(name) > NAME_LENGTH_MAX or not (name.isascii() and name.isprintable()):
            return Reason.GROUP, NAME_LENGTH_MAX, len(name)
    if terms.stp_group and terms.stp_mode not in _STP_MODES:
        return Reason.STP_MODE, 0, terms.stp_mode
    return None


def for_book(terms: OrderTerms | None, participant_id: str) -> OrderTerms | None:
    """With the group as the participant's own: nobody ends another's orders by naming its group."""
    if terms is None or not terms.stp_group:
        return terms
    return replace(terms, stp_group=f"{participant_id}/{terms.stp_group}")


def _off(increment: int, values: list[int]) -> list[tuple[int, int]]:
    """Of the values that are no multiples of it: bound and actual."""
    return [(increment, value) for value in values if value % increment]
