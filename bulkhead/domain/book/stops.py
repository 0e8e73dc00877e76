"""Stop orders: they wait, unseen, until the last trade price reaches their stop price.

Stops are looked at when a command's own matching is done, one at a time: what one trades counts before the
next is chosen.
"""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Rejected, RejectReason, Traded, Uncrossed
from bulkhead.domain.book.terms import (
    BUY,
    LIMIT,
    MARKET,
    PRICE_TICKS_MAX,
    PRICE_TICKS_MIN,
    STOP_LIMIT,
    TRAILING_STOP,
)
from bulkhead.domain.book.waiting import stop_ticks, terms


def refuse_start(book: Contents, order: BookOrder) -> Rejected | None:
    """Refuse a trailing stop that has nowhere to start from."""
    if order.order_type != TRAILING_STOP or terms(order).stop_price_ticks is not None:
        return None
    if book.last_price_ticks is None:
        return Rejected(order.order_id, RejectReason.NO_REFERENCE_PRICE, 0, order.order_id)
    ticks = _behind(order, book.last_price_ticks)
    if PRICE_TICKS_MIN <= ticks <= PRICE_TICKS_MAX:
        return None
    bound = PRICE_TICKS_MIN if ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
    return Rejected(order.order_id, RejectReason.PRICE, bound, ticks)


def wait(book: Contents, order: BookOrder) -> None:
    """Let a stop wait; `refuse_start` has found nothing."""
    special = terms(order)
    if special.stop_price_ticks is None:
        assert book.last_price_ticks is not None  # refuse_start looked
        special.stop_price_ticks = _behind(order, book.last_price_ticks)
    book.stops.add(order)
    book.live[order.order_id] = order


def follow(book: Contents, outcomes: list[Outcome], begin: int) -> None:
    """Let trailing stops follow the trades among `outcomes[begin:]`, in the better direction only."""
    trailing = book.stops.trailing
    if not trailing:
        return
    prices = [o.price_ticks for o in outcomes[begin:] if isinstance(o, Traded | Uncrossed)]
    if not prices:
        return
    for order_id in sorted(trailing):
        order = trailing[order_id]
        ticks = _behind(order, min(prices) if order.side == BUY else max(prices))
        if ticks < stop_ticks(order) if order.side == BUY else ticks > stop_ticks(order):
            book.stops.move(order, ticks)


def become_active(order: BookOrder) -> None:
    """A stop that has been triggered is a market or a limit order."""
    order.order_type = LIMIT if order.order_type == STOP_LIMIT else MARKET


def _behind(order: BookOrder, price_ticks: int) -> int:
    """The stop price of a trailing order when the market is at this price."""
    trail_ticks = terms(order).trail_ticks
    assert trail_ticks is not None  # a trailing stop has a distance
    return price_ticks + trail_ticks if order.side == BUY else price_ticks - trail_ticks
