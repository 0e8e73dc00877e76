"""Price bands: no trade in continuous trading is outside them; an order that would makes an interruption.

The order trades as far as the bands go; then the phase is a volatility auction, where the rest of it
gathers. (Xetra: volatility interruption, with a static price range around the last auction price and a
dynamic one around the last price, which is not adjusted while an order is being matched.)
"""

from collections.abc import Sequence

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Rejected, RejectReason
from bulkhead.domain.book.plan import Deed, Step
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import PRICE_TICKS_MAX, PRICE_TICKS_MIN


def set_bands(book: Contents, bands: Bands | None, reference_ticks: int | None) -> list[Outcome]:
    """Refuse a width below 0 or a reference out of range, or take them from now on."""
    widths = () if bands is None else (bands.static_ticks, bands.dynamic_ticks)
    for width in widths:
        if width is not None and not 0 <= width <= PRICE_TICKS_MAX:
            return [Rejected(None, RejectReason.PRICE, 0 if width < 0 else PRICE_TICKS_MAX, width)]
    if reference_ticks is not None:
        if not PRICE_TICKS_MIN <= reference_ticks <= PRICE_TICKS_MAX:
            bound = PRICE_TICKS_MIN if reference_ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
            return [Rejected(None, RejectReason.PRICE, bound, reference_ticks)]
        book.reference_ticks = reference_ticks
    book.bands = bands
    return []


def may_leave_bands(book: Contents, order: BookOrder, opposite: BookSide) -> bool:
    """Whether an arriving order might trade outside the bands: then its plan has to be looked at."""
    best_ticks = opposite.best_price_ticks()
    if best_ticks is None or not opposite.reaches(order.price_ticks):
        return False
    lowest, highest = _bounds(book)
    return not (lowest <= best_ticks <= highest and lowest <= order.price_ticks <= highest)


def inside_bands(book: Contents, steps: Sequence[Step]) -> Sequence[Step]:
    """A plan as far as it trades inside the bands."""
    if book.bands is None:
        return steps
    lowest, highest = _bounds(book)
    for number, step in enumerate(steps):
        if step.deed is Deed.TRADE and not lowest <= step.resting.price_ticks <= highest:
            return steps[:number]
    return steps


def _bounds(book: Contents) -> tuple[int, int]:
    """The lowest and the highest price that a trade may have."""
    assert book.bands is not None  # the caller has looked
    lowest, highest = PRICE_TICKS_MIN, PRICE_TICKS_MAX
    last = book.reference_ticks if book.last_price_ticks is None else book.last_price_ticks
    for width, reference_ticks in (
        (book.bands.static_ticks, book.reference_ticks),
        (book.bands.dynamic_ticks, last),
    ):
        if width is not None and reference_ticks is not None:
            lowest, highest = max(lowest, reference_ticks - width), min(highest, reference_ticks + width)
    return lowest, highest
