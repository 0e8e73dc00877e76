"""Placing an order, and what any order does that arrives."""

from collections.abc import Sequence

from bulkhead.domain.book.bands import inside_bands, may_leave_bands
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
    PhaseChanged,
    Rejected,
    RejectReason,
    Repriced,
    Rested,
    Traded,
)
from bulkhead.domain.book.parked import comes_early, park
from bulkhead.domain.book.plan import Step, plan, traded_lots
from bulkhead.domain.book.post_only import posted_at, refuse_post_only
from bulkhead.domain.book.refuse import refuse_expiry, refuse_terms, refuse_time
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.stops import refuse_start, wait
from bulkhead.domain.book.terms import (
    BUY,
    CONTINUOUS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET_TO_LIMIT,
    ORDER_ID_MAX,
    PRICE_TICKS_MAX,
    PRICE_TICKS_MIN,
    QUANTITY_LOTS_MAX,
    UNPRICED_TYPES,
    VOLATILITY_AUCTION,
    WAITING_TYPES,
)

_AT_ONCE = frozenset({IOC, FOK})


def place(book: Contents, order: BookOrder) -> list[Outcome]:
    """Refuse the order, or take it and let it arrive, gather or wait."""
    order_id, lots, price_ticks = order.order_id, order.remaining_lots, order.price_ticks
    if order_id in book.live:
        return [Rejected(order_id, RejectReason.DUPLICATE_ORDER, 0, order_id)]
    if not 1 <= order_id <= ORDER_ID_MAX:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    if order.special is not None or order.time_in_force > FOK or book.phase is not CONTINUOUS:
        return _place_specially(book, order)
    refusal: Rejected | None = None
    if not (1 <= lots <= QUANTITY_LOTS_MAX and PRICE_TICKS_MIN <= price_ticks <= PRICE_TICKS_MAX):
        refusal = refuse_terms(book, order_id, price_ticks, lots, None)
    elif order.post_only:
        refusal = refuse_post_only(book, order, price_ticks, lots, None)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(order)]
    arrive(book, order, outcomes)
    return outcomes


def _place_specially(book: Contents, order: BookOrder) -> list[Outcome]:
    """As `place`, for an order that has more to be looked at, or in another phase than continuous."""
    refusal = _refuse(book, order)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(order)]
    enter(book, order, outcomes)
    return outcomes


def refuse_new(book: Contents, order: BookOrder) -> Rejected | None:
    """Refuse a new order of any kind: what `place` looks at, for a command of several orders."""
    order_id = order.order_id
    if order_id in book.live:
        return Rejected(order_id, RejectReason.DUPLICATE_ORDER, 0, order_id)
    if not 1 <= order_id <= ORDER_ID_MAX:
        return Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)
    return _refuse(book, order)


def _refuse(book: Contents, order: BookOrder) -> Rejected | None:
    lots, price_ticks, special = order.remaining_lots, order.price_ticks, order.special
    return (
        refuse_terms(book, order.order_id, price_ticks, lots, special)
        or refuse_post_only(book, order, price_ticks, lots, special)
        or refuse_time(book, order)
        or refuse_expiry(book, order, special)
        or refuse_start(book, order)
    )


def enter(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order that was accepted wait, arrive or gather."""
    expect_end(book, order)
    if comes_early(book, order):
        park(book, order)
        return
    if order.post_only and order.special is not None and order.special.slide_ticks is not None:
        _slide(book, order, outcomes)
    if order.order_type in WAITING_TYPES:
        wait(book, order)
    else:
        join(book, order, outcomes)


def join(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order that is not on the book come to it: in continuous trading it arrives, else it gathers."""
    (arrive if book.phase is CONTINUOUS else gather)(book, order, outcomes)


def _slide(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Give a post-only order that arrives the price where it doesn't trade."""
    if book.phase is not CONTINUOUS or order.order_type in WAITING_TYPES:
        return
    before_ticks = order.price_ticks
    ticks = posted_at(book, order, before_ticks, order.remaining_lots, order.special)
    if ticks is not None and ticks != before_ticks:
        order.price_ticks = ticks
        outcomes.append(Repriced(order, ticks, before_ticks))


def arrive(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    """Let an order that is not on the book trade, then rest or be canceled, as its type and time say."""
    own, opposite = (book.bids, book.asks) if order.side == BUY else (book.asks, book.bids)
    if (
        opposite.specials
        or order.special is not None
        or (book.bands is not None and may_leave_bands(book, order, opposite))
    ):
        _arrive_specially(book, order, own, opposite, outcomes)
        return
    if opposite.reaches(order.price_ticks):
        if order.time_in_force is FOK:
            available_lots = opposite.available_lots(order.price_ticks, order.remaining_lots)
            if available_lots < order.remaining_lots:
                _cancel(order, CancelReason.FOK, outcomes, available_lots)
                return
        match(book, order, opposite, outcomes)
        if not order.remaining_lots:
            return
    if order.order_type is LIMIT and order.time_in_force is GTC:
        # What `_finish` and `rest` would do: most orders come to this.
        own.add(order)
        book.live[order.order_id] = order
        outcomes.append(Rested(order, order.price_ticks, order.remaining_lots))
        return
    _finish(book, order, own, outcomes)


def _arrive_specially(
    book: Contents, order: BookOrder, own: BookSide, opposite: BookSide, outcomes: list[Outcome]
) -> None:
    """As `arrive`, by plan: where an order alters matching or may trade outside the price bands."""
    steps = plan(order, opposite)
    allowed = inside_bands(book, steps)
    if not _take(book, order, allowed, opposite, outcomes):
        return
    if len(allowed) < len(steps) and traded_lots(steps) >= order.least_lots:
        book.phase = VOLATILITY_AUCTION
        outcomes.append(PhaseChanged(book.phase))
        if order.order_type is LIMIT and order.time_in_force is not IOC:
            gather(book, order, outcomes)
            return
    _finish(book, order, own, outcomes)


def _take(
    book: Contents, order: BookOrder, steps: Sequence[Step], opposite: BookSide, outcomes: list[Outcome]
) -> bool:
    """Do what an arriving order plans, if it likes it; whether something is left to rest or to cancel."""
    lots = traded_lots(steps)
    if lots < order.least_lots:
        if order.order_type is LIMIT and order.time_in_force not in _AT_ONCE:
            return True
        _cancel(order, CancelReason.MIN_QUANTITY, outcomes, lots)
        return False
    if order.time_in_force is FOK and lots < order.remaining_lots:
        _cancel(order, CancelReason.FOK, outcomes, lots)
        return False
    return carry_out(book, order, steps, opposite, outcomes) and order.remaining_lots > 0


def _finish(book: Contents, order: BookOrder, own: BookSide, outcomes: list[Outcome]) -> None:
    """Let what an arriving order could not trade rest, or cancel it."""
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
    if own.pro_rata is not None and own.pro_rata.top_order:
        own.crown(order)
    own.add(order)
    book.live[order.order_id] = order
    outcomes.append(Rested(order, order.price_ticks, lots))


def _become_limit(order: BookOrder, outcomes: list[Outcome]) -> None:
    """A market-to-limit order that has traded is a limit order at the last price that it traded at."""
    for outcome in reversed(outcomes):
        if isinstance(outcome, Traded) and outcome.aggressor is order:
            before_ticks, order.order_type, order.price_ticks = order.price_ticks, LIMIT, outcome.price_ticks
            if order.price_ticks != before_ticks:
                outcomes.append(Repriced(order, order.price_ticks, before_ticks))
            return


def _cancel(order: BookOrder, reason: CancelReason, outcomes: list[Outcome], available_lots: int = 0) -> None:
    """End an order that is not on the book."""
    outcomes.append(Canceled(order, order.remaining_lots, reason, False, available_lots))
