"""Placing an order, and what any order does that arrives."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.display import show_first
from bulkhead.domain.book.expiry import expect_end
from bulkhead.domain.book.match import carry_out, match
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    Outcome,
    Rejected,
    RejectReason,
    Rested,
    Traded,
)
from bulkhead.domain.book.plan import plan, traded_lots
from bulkhead.domain.book.refuse import refuse_expiry, refuse_post_only, refuse_terms, refuse_time
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.stops import refuse_start, wait
from bulkhead.domain.book.terms import (
    BUY,
    CONTINUOUS,
    FOK,
    IOC,
    LIMIT,
    MARKET_TO_LIMIT,
    ORDER_ID_MAX,
    UNPRICED_TYPES,
    WAITING_TYPES,
)

_AT_ONCE = frozenset({IOC, FOK})


def place(book: Contents, order: BookOrder) -> list[Outcome]:
    """Refuse the order, or take it and let it arrive, gather or wait."""
    order_id, special = order.order_id, order.special
    if order_id in book.live:
        return [Rejected(order_id, RejectReason.DUPLICATE_ORDER, 0, order_id)]
    if not 1 <= order_id <= ORDER_ID_MAX:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    refusal = refuse_terms(book, order_id, order.price_ticks, order.remaining_lots, special)
    if refusal is None and order.post_only:
        refusal = refuse_post_only(book, order, order.price_ticks, order.remaining_lots, special)
    if refusal is None and (order.time_in_force > FOK or book.phase is not CONTINUOUS):
        refusal = refuse_time(book, order)
    if refusal is None and special is not None:
        refusal = refuse_expiry(book, order, special) or refuse_start(book, order, special)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(order)]
    if special is not None:
        expect_end(book, order)
    if special is not None and order.order_type in WAITING_TYPES:
        wait(book, order)
    elif book.phase is CONTINUOUS:
        arrive(book, order, outcomes)
    else:
        gather(book, order, outcomes)
    return outcomes


def arrive(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order that is not on the book trade, then rest or be canceled, as its type and time say."""
    own, opposite = (book.bids, book.asks) if order.side == BUY else (book.asks, book.bids)
    if opposite.specials or order.special is not None:
        if not _take_by_plan(book, order, own, opposite, outcomes):
            return
    elif opposite.reaches(order.price_ticks):
        if order.time_in_force == FOK:
            available_lots = opposite.available_lots(order.price_ticks, order.remaining_lots)
            if available_lots < order.remaining_lots:
                _cancel(order, CancelReason.FOK, outcomes, available_lots)
                return
        match(book, order, opposite, outcomes)
        if not order.remaining_lots:
            return
    if order.order_type == MARKET_TO_LIMIT:
        _become_limit(order, outcomes)
    if order.time_in_force == FOK:  # it reached nothing: one that trades, trades all
        _cancel(order, CancelReason.FOK, outcomes)
    elif order.order_type != LIMIT:
        _cancel(order, CancelReason.MARKET, outcomes)
    elif order.time_in_force == IOC:
        _cancel(order, CancelReason.IOC, outcomes)
    else:
        rest(book, order, own, outcomes)


def gather(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order wait for the uncross: a market order ahead of all prices."""
    if order.special is None and order.order_type in UNPRICED_TYPES:
        order.special = Special()  # the side asks a special order where it stands
    book.gathered = True
    rest(book, order, book.bids if order.side == BUY else book.asks, outcomes)


def rest(book: Contents, order: BookOrder, own: BookSide, outcomes: list[Outcome]) -> None:
    """Put an order that is not on the book at the end of its queue."""
    lots = order.remaining_lots
    if order.special is not None:
        show_first(order)
        lots = order.displayed_lots
    own.add(order)
    book.live[order.order_id] = order
    outcomes.append(Rested(order, order.price_ticks, lots))


def _take_by_plan(
    book: Contents, order: BookOrder, own: BookSide, opposite: BookSide, outcomes: list[Outcome]
) -> bool:
    """Trade where one of the orders alters matching; whether there is something left to rest or cancel."""
    steps = plan(order, opposite)
    lots = traded_lots(steps)
    if order.special is not None and lots < order.special.least_lots:
        if order.order_type in UNPRICED_TYPES or order.time_in_force in _AT_ONCE:
            _cancel(order, CancelReason.MIN_QUANTITY, outcomes, lots)
        else:
            rest(book, order, own, outcomes)
        return False
    if order.time_in_force == FOK and lots < order.remaining_lots:
        _cancel(order, CancelReason.FOK, outcomes, lots)
        return False
    return carry_out(book, order, steps, opposite, outcomes) and order.remaining_lots > 0


def _become_limit(order: BookOrder, outcomes: list[Outcome]) -> None:
    """A market-to-limit order that has traded is a limit order at the last price that it traded at."""
    last = outcomes[-1]
    if isinstance(last, Traded) and last.aggressor is order:
        order.order_type, order.price_ticks = LIMIT, last.price_ticks


def _cancel(order: BookOrder, reason: CancelReason, outcomes: list[Outcome], available_lots: int = 0) -> None:
    """End an order that is not on the book."""
    outcomes.append(Canceled(order, order.remaining_lots, reason, False, available_lots))
