"""An order's terms as its book holds them."""

from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import CANCEL_AGGRESSOR
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.terms import StpMode


def special(terms: OrderTerms | None) -> Special | None:
    """None where nothing in them concerns the matching, as for a plain order."""
    if terms is None or not _concerns_matching(terms):
        return None
    return Special(
        terms.display_lots,
        terms.min_quantity_lots,
        terms.stp_group,
        StpMode(terms.stp_mode) if terms.stp_group else CANCEL_AGGRESSOR,
        terms.stop_price_ticks,
        terms.trail_ticks,
        terms.expire_time_ms,
        terms.on_mark,
        terms.slide_ticks,
    )


def _concerns_matching(terms: OrderTerms) -> bool:
    numbers = (
        terms.stop_price_ticks,
        terms.trail_ticks,
        terms.display_lots,
        terms.min_quantity_lots,
        terms.expire_time_ms,
        terms.slide_ticks,
    )
    return terms.stp_group != "" or any(number is not None for number in numbers)
