"""Stop orders: they wait, unseen, until the last trade price, or a mark price, reaches their stop price.

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
    price_ticks = _price(book, order)
    if price_ticks is None:
        return Rejected(order.order_id, RejectReason.NO_REFERENCE_PRICE, 0, order.order_id)
    ticks = _behind(order, price_ticks)
    if PRICE_TICKS_MIN <= ticks <= PRICE_TICKS_MAX:
        return None
    bound = PRICE_TICKS_MIN if ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
    return Rejected(order.order_id, RejectReason.PRICE, bound, ticks)


def wait(book: Contents, order: BookOrder) -> None:
    """Let a stop wait; `refuse_start` has found nothing."""
    special = terms(order)
    if special.stop_price_ticks is None:
        price_ticks = _price(book, order)
        assert price_ticks is not None  # refuse_start looked
        special.stop_price_ticks = _behind(order, price_ticks)
    book.quiet = False
    book.stops.add(order)
    book.live[order.order_id] = order


def set_mark_price(book: Contents, price_ticks: int) -> list[Outcome]:
    """Take a mark price, or refuse one out of range; trailing stops that wait for it follow it."""
    if not PRICE_TICKS_MIN <= price_ticks <= PRICE_TICKS_MAX:
        bound = PRICE_TICKS_MIN if price_ticks < PRICE_TICKS_MIN else PRICE_TICKS_MAX
        return [Rejected(None, RejectReason.PRICE, bound, price_ticks)]
    book.mark_price_ticks = price_ticks
    _follow(book, [price_ticks], True)
    return []


def follow_trades(book: Contents, outcomes: list[Outcome], begin: int) -> None:
    """Let trailing stops follow the trades among `outcomes[begin:]`, in the better direction only."""
    if book.stops.trailing:
        prices = [o.price_ticks for o in outcomes[begin:] if isinstance(o, Traded | Uncrossed)]
        if prices:
            _follow(book, prices, False)


def _follow(book: Contents, prices: list[int], on_mark: bool) -> None:
    trailing = book.stops.trailing
    for order_id in sorted(trailing):
        order = trailing[order_id]
        if terms(order).on_mark is not on_mark:
            continue
        ticks = _behind(order, min(prices) if order.side == BUY else max(prices))
        if ticks < stop_ticks(order) if order.side == BUY else ticks > stop_ticks(order):
            book.stops.move(order, ticks)


def _price(book: Contents, order: BookOrder) -> int | None:
    """The price that an order waits for."""
    return book.mark_price_ticks if terms(order).on_mark else book.last_price_ticks


def become_active(order: BookOrder) -> None:
    """A stop that has been triggered is a market or a limit order."""
    order.order_type = LIMIT if order.order_type == STOP_LIMIT else MARKET


def _behind(order: BookOrder, price_ticks: int) -> int:
    """The stop price of a trailing order when the market is at this price."""
    trail_ticks = terms(order).trail_ticks
    assert trail_ticks is not None  # a trailing stop has a distance
    return price_ticks + trail_ticks if order.side == BUY else price_ticks - trail_ticks
