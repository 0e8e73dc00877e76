"""Post-only orders: they never trade when they arrive. One that would is refused, or slides to a price where
it doesn't (Binance refuses a LIMIT_MAKER; Nasdaq moves a Post-Only Order that would lock by one increment).
"""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Rejected, RejectReason
from bulkhead.domain.book.parked import comes_early
from bulkhead.domain.book.plan import plan, traded_lots
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import (
    BUY,
    CONTINUOUS,
    UNPRICED_TYPES,
    WAITING_TYPES,
)


def refuse_post_only(
    book: Contents, order: BookOrder, price_ticks: int, quantity_lots: int, special: Special | None
) -> Rejected | None:
    """Refuse a post-only order that would trade at once, or may in the uncross to come."""
    if not order.post_only:
        return None
    if book.phase is not CONTINUOUS or order.order_id in book.parked or comes_early(book, order):
        return Rejected(order.order_id, RejectReason.POST_ONLY, price_ticks, price_ticks)
    if order.order_type in WAITING_TYPES:
        return None
    if posted_at(book, order, price_ticks, quantity_lots, special) is not None:
        return None
    best_ticks = (book.asks if order.side == BUY else book.bids).best_price_ticks()
    assert best_ticks is not None  # it would trade
    return Rejected(order.order_id, RejectReason.POST_ONLY, best_ticks, price_ticks)


def posted_at(
    book: Contents, order: BookOrder, price_ticks: int, quantity_lots: int, special: Special | None
) -> int | None:
    """The price at which a post-only order rests: its own, or where it slides to; None where it can't."""
    ticks = _would_trade_at(book, order, price_ticks, quantity_lots, special)
    if ticks is None:
        return price_ticks
    if special is None or special.slide_ticks is None or order.order_type in UNPRICED_TYPES:
        return None
    slid_ticks = ticks - special.slide_ticks if order.side == BUY else ticks + special.slide_ticks
    low_ticks, high_ticks = book.price_range_ticks
    return slid_ticks if low_ticks <= slid_ticks <= high_ticks else None


def _would_trade_at(
    book: Contents, order: BookOrder, price_ticks: int, quantity_lots: int, special: Special | None
) -> int | None:
    """The best price of the other side, if an order with these terms would trade at once; None if not."""
    opposite = book.asks if order.side == BUY else book.bids
    least_lots = 1 if special is None else max(1, special.least_lots)
    if opposite.specials:
        probe = BookOrder(
            order.order_id, order.side, price_ticks, quantity_lots, order.order_type, order.time_in_force
        )
        probe.special = special
        lots = traded_lots(plan(probe, opposite))
    else:
        lots = opposite.available_lots(price_ticks, quantity_lots)
    return opposite.best_price_ticks() if lots >= least_lots else None
