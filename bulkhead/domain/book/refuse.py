"""Why an order is refused, in order of precedence. Nothing is changed here.

The order's own price and quantity, or those that a replace would give it; likewise its special terms.
"""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Rejected, RejectReason
from bulkhead.domain.book.parked import comes_early
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import (
    AT_CLOSE,
    AT_OPEN,
    AUCTION,
    CALL_PHASES,
    CLOSING_AUCTION,
    CONTINUOUS,
    FOK,
    GTD,
    IOC,
    PRE_OPEN,
    PRICE_TICKS_MAX,
    PRICE_TICKS_MIN,
    QUANTITY_LOTS_MAX,
    VOLATILITY_AUCTION,
)

_UNTIMELY = {
    CONTINUOUS: frozenset({AT_OPEN, AT_CLOSE}),
    PRE_OPEN: frozenset({IOC, FOK}),
    AUCTION: frozenset({IOC, FOK}),
    VOLATILITY_AUCTION: frozenset({IOC, FOK, AT_OPEN, AT_CLOSE}),
    CLOSING_AUCTION: frozenset({IOC, FOK, AT_OPEN}),
}
"""By phase: the times in force that it doesn't take."""


def refuse_terms(
    book: Contents, order_id: int, price_ticks: int, quantity_lots: int, special: Special | None
) -> Rejected | None:
    """Refuse a price or a quantity out of range, and any order while the book takes none."""
    if not 1 <= quantity_lots <= QUANTITY_LOTS_MAX:
        bound = 1 if quantity_lots < 1 else QUANTITY_LOTS_MAX
        return Rejected(order_id, RejectReason.QUANTITY, bound, quantity_lots)
    if special is not None and (refusal := _refuse_quantities(book, order_id, quantity_lots, special)):
        return refusal
    if not PRICE_TICKS_MIN <= price_ticks <= PRICE_TICKS_MAX:
        bound = PRICE_TICKS_MIN if price_ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
        return Rejected(order_id, RejectReason.PRICE, bound, price_ticks)
    if special is not None and (refusal := _refuse_prices(order_id, special)):
        return refusal
    if book.phase is not CONTINUOUS and book.phase not in CALL_PHASES:
        return Rejected(order_id, RejectReason.PHASE, CONTINUOUS, book.phase)
    return None


def refuse_time(book: Contents, order: BookOrder) -> Rejected | None:
    """Refuse a time in force that the phase doesn't take."""
    if comes_early(book, order):
        return None
    if order.time_in_force in _UNTIMELY[book.phase]:
        return Rejected(order.order_id, RejectReason.TIME_IN_FORCE, book.phase, order.time_in_force)
    return None


def refuse_expiry(book: Contents, order: BookOrder, special: Special | None) -> Rejected | None:
    """Refuse a gtd order whose time is over."""
    if order.time_in_force != GTD:
        return None
    assert special is not None  # a gtd order has a time
    assert special.expire_time_ms is not None  # as above
    if special.expire_time_ms > book.time_ms:
        return None
    return Rejected(order.order_id, RejectReason.TIME_IN_FORCE, book.time_ms, special.expire_time_ms)


def _refuse_quantities(
    book: Contents, order_id: int, quantity_lots: int, special: Special
) -> Rejected | None:
    least_display = min(book.rules.least_display_lots, quantity_lots) if special.display_lots else 0
    for lots, bound in ((special.display_lots, least_display), (special.min_quantity_lots, 1)):
        if lots is not None and not bound <= lots <= QUANTITY_LOTS_MAX:
            bound = bound if lots < bound else QUANTITY_LOTS_MAX
            return Rejected(order_id, RejectReason.QUANTITY, bound, lots)
    return None


def _refuse_prices(order_id: int, special: Special) -> Rejected | None:
    for ticks, bound in (
        (special.stop_price_ticks, PRICE_TICKS_MIN),
        (special.trail_ticks, 1),
        (special.slide_ticks, 1),
    ):
        if ticks is not None and not bound <= ticks <= PRICE_TICKS_MAX:
            bound = bound if ticks < bound else PRICE_TICKS_MAX
            return Rejected(order_id, RejectReason.PRICE, bound, ticks)
    return None
