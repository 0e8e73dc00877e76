"""Placing an order, and what any order does that arrives."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.match import match
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    Outcome,
    Rejected,
    RejectReason,
    Rested,
)
from bulkhead.domain.book.terms import (
    BUY,
    CONTINUOUS,
    FOK,
    IOC,
    MARKET,
    ORDER_ID_MAX,
    PRICE_TICKS_MAX,
    PRICE_TICKS_MIN,
    QUANTITY_LOTS_MAX,
)


def place(book: Contents, order: BookOrder) -> list[Outcome]:
    """Refuse the order, or take it and let it arrive."""
    order_id = order.order_id
    if order_id in book.live:
        return [Rejected(order_id, RejectReason.DUPLICATE_ORDER, 0, order_id)]
    if not 1 <= order_id <= ORDER_ID_MAX:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    refusal = refuse_terms(book, order_id, order.price_ticks, order.remaining_lots)
    if refusal is None and order.post_only:
        refusal = refuse_post_only(book, order, order.price_ticks)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(order)]
    arrive(book, order, outcomes)
    return outcomes


def refuse_terms(book: Contents, order_id: int, price_ticks: int, quantity_lots: int) -> Rejected | None:
    """Refuse a price or a quantity out of range, and any order while the book isn't continuous."""
    if not 1 <= quantity_lots <= QUANTITY_LOTS_MAX:
        bound = 1 if quantity_lots < 1 else QUANTITY_LOTS_MAX
        return Rejected(order_id, RejectReason.QUANTITY, bound, quantity_lots)
    if not PRICE_TICKS_MIN <= price_ticks <= PRICE_TICKS_MAX:
        bound = PRICE_TICKS_MIN if price_ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
        return Rejected(order_id, RejectReason.PRICE, bound, price_ticks)
    if book.phase != CONTINUOUS:
        return Rejected(order_id, RejectReason.PHASE, CONTINUOUS, book.phase)
    return None


def refuse_post_only(book: Contents, order: BookOrder, price_ticks: int) -> Rejected | None:
    """Refuse a post-only order that would trade at this price."""
    best_ticks = (book.asks if order.side == BUY else book.bids).best_price_ticks()
    if best_ticks is None or (best_ticks > price_ticks if order.side == BUY else best_ticks < price_ticks):
        return None
    return Rejected(order.order_id, RejectReason.POST_ONLY, best_ticks, price_ticks)


def arrive(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order that is not on the book trade, then rest or be canceled, as its type and time say."""
    own, opposite = (book.bids, book.asks) if order.side == BUY else (book.asks, book.bids)
    if opposite.reaches(order.price_ticks):
        if order.time_in_force == FOK:
            available_lots = opposite.available_lots(order.price_ticks, order.remaining_lots)
            if available_lots < order.remaining_lots:
                outcomes.append(
                    Canceled(order, order.remaining_lots, CancelReason.FOK, False, available_lots)
                )
                return
        match(book, order, opposite, outcomes)
        if not order.remaining_lots:
            return
    lots = order.remaining_lots
    if order.time_in_force == FOK:  # it reached nothing: one that trades, trades all
        outcomes.append(Canceled(order, lots, CancelReason.FOK, False))
    elif order.order_type == MARKET:
        outcomes.append(Canceled(order, lots, CancelReason.MARKET, False))
    elif order.time_in_force == IOC:
        outcomes.append(Canceled(order, lots, CancelReason.IOC, False))
    else:
        own.add(order)
        book.live[order.order_id] = order
        outcomes.append(Rested(order, order.price_ticks, lots))
