"""Replacing the price and the remaining quantity of a resting order."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.outcomes import Outcome, Rejected, RejectReason, Replaced
from bulkhead.domain.book.place import arrive, refuse_post_only, refuse_terms
from bulkhead.domain.book.terms import BUY


def replace(
    book: Contents, order_id: int, price_ticks: int | None, quantity_lots: int | None
) -> list[Outcome]:
    """Give an order another price and REMAINING quantity; None leaves it as it is.

    The same or less quantity at the same price keeps priority; anything else loses it, and the order
    arrives anew (CME Globex and FIX 4.4 cancel/replace have the same rule).
    """
    order = book.live.get(order_id)
    if order is None:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    before_lots, before_ticks = order.remaining_lots, order.price_ticks
    lots = before_lots if quantity_lots is None else quantity_lots
    ticks = before_ticks if price_ticks is None else price_ticks
    refusal = refuse_terms(book, order_id, ticks, lots)
    if refusal is not None:
        return [refusal]
    own = book.bids if order.side == BUY else book.asks
    if ticks == before_ticks and lots <= before_lots:
        own.reduce(order, before_lots - lots)
        return [Replaced(order, ticks, lots, before_ticks, before_lots, True)]
    if order.post_only:
        refusal = refuse_post_only(book, order, ticks)
        if refusal is not None:
            return [refusal]
    own.remove(order)
    del book.live[order_id]
    order.price_ticks, order.remaining_lots = ticks, lots
    outcomes: list[Outcome] = [Replaced(order, ticks, lots, before_ticks, before_lots, False)]
    arrive(book, order, outcomes)
    return outcomes
