"""The uncross: all that gathered and can trade, trades at one price, and the call phase is over."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.display import after_trade, is_iceberg
from bulkhead.domain.book.equilibrium import Equilibrium, equilibrium
from bulkhead.domain.book.expiry import end_day
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Canceled,
    CancelReason,
    Indicative,
    Outcome,
    PhaseChanged,
    Rejected,
    RejectReason,
    Repriced,
    Uncrossed,
)
from bulkhead.domain.book.place import rest
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import (
    AT_CLOSE,
    AT_OPEN,
    BUY,
    CALL_PHASES,
    CLOSED,
    CLOSING_AUCTION,
    CONTINUOUS,
    LIMIT,
    MARKET,
    UNPRICED_TYPES,
)

_AUCTION_ONLY = frozenset({AT_OPEN, AT_CLOSE})


def uncross(book: Contents) -> list[Outcome]:
    """End a call phase: Indicative, Uncrossed…, what the auction's end ends, PhaseChanged; or Rejected."""
    if book.phase not in CALL_PHASES:
        return [Rejected(None, RejectReason.PHASE, CONTINUOUS, book.phase)]
    found = equilibrium(book)
    outcomes: list[Outcome] = [Indicative(*found) if found else Indicative(None, 0)]
    closes = book.phase == CLOSING_AUCTION
    trade_what_gathered(book, found, outcomes)
    book.phase = CLOSED if closes else CONTINUOUS
    outcomes.append(PhaseChanged(book.phase))
    if closes:
        outcomes += end_day(book)
    return outcomes


def trade_what_gathered(book: Contents, found: Equilibrium | None, outcomes: list[Outcome]) -> None:
    """Trade at the equilibrium, then end what was only for this uncross, by order id."""
    if found is not None:
        _trade(book, found, outcomes)
    ending = [i for i, order in book.live.items() if _ends(order) and i not in book.parked]
    for order_id in sorted(ending):
        _end(book, book.live[order_id], outcomes)
    book.gathered = False
    book.indicative = (None, 0)


@dataclass(slots=True)
class _Share:
    """What an order trades in this uncross."""

    order: BookOrder
    lots: int
    left_lots: int
    """of `lots`, not paired yet"""

    def pair(self, lots: int) -> int:
        """Trade so much of it; what then remains of the order."""
        self.left_lots -= lots
        self.order.executed_lots += lots
        return self.order.remaining_lots - self.lots + self.left_lots


def _trade(book: Contents, found: Equilibrium, outcomes: list[Outcome]) -> None:
    """Pair the two sides, each in its priority: market orders, price, displayed before hidden, time."""
    price_ticks = book.last_price_ticks = book.reference_ticks = found.price_ticks
    buys, sells = (list(_shares(side, *found)) for side in (book.bids, book.asks))
    to_buy, to_sell = iter(buys), iter(sells)
    buy, sell = next(to_buy), next(to_sell)
    unpaired_lots = found.quantity_lots
    while True:
        lots = min(buy.left_lots, sell.left_lots)
        trade = Uncrossed(buy.order, sell.order, price_ticks, lots, buy.pair(lots), sell.pair(lots))
        outcomes.append(trade)
        unpaired_lots -= lots
        if not unpaired_lots:
            break
        buy = buy if buy.left_lots else next(to_buy)
        sell = sell if sell.left_lots else next(to_sell)
    for share in buys + sells:
        _settle(book, share, outcomes)


def _shares(side: BookSide, price_ticks: int, quantity_lots: int) -> Iterator[_Share]:
    """Who of a side trades how much at this price, in priority order, `quantity_lots` in all."""
    for order in _ranked(side):
        if not quantity_lots or side.step * order.price_ticks < side.step * price_ticks:
            return
        lots = min(quantity_lots, order.remaining_lots)
        quantity_lots -= lots
        yield _Share(order, lots, lots)


def _ranked(side: BookSide) -> Iterator[BookOrder]:
    """A side in the priority of an uncross: a market order ahead of every limit that its protection price
    reaches, and behind those beyond: were it ahead of them too, they could be left crossed with what its
    protection price did not reach.
    """

    def worst_key(order: BookOrder) -> int:
        return -side.step * order.price_ticks

    orders = iter(side)
    unpriced: list[BookOrder] = []
    for order in orders:
        if order.order_type not in UNPRICED_TYPES:
            return merge(sorted(unpriced, key=worst_key), chain((order,), orders), key=worst_key)
        unpriced.append(order)
    return iter(sorted(unpriced, key=worst_key))


def _settle(book: Contents, share: _Share, outcomes: list[Outcome]) -> None:
    """Take off the book what an order has traded."""
    order = share.order
    if share.lots == order.remaining_lots:
        take_off(book, order)
        order.remaining_lots = 0
        return
    side = book.bids if order.side == BUY else book.asks
    side.reduce(order, share.lots)
    if is_iceberg(order):
        after_trade(side, order, share.lots, outcomes)


def _ends(order: BookOrder) -> bool:
    """Whether a live order was for this uncross only."""
    return order.order_type in UNPRICED_TYPES or order.time_in_force in _AUCTION_ONLY


def _end(book: Contents, order: BookOrder, outcomes: list[Outcome]) -> None:
    rested, lots = take_off(book, order), order.remaining_lots
    if order.order_type == MARKET:
        outcomes.append(Canceled(order, lots, CancelReason.MARKET, rested))
    elif order.time_in_force in _AUCTION_ONLY:
        outcomes.append(Canceled(order, lots, CancelReason.PHASE, rested))
    elif order.executed_lots:
        # Market-to-limit: it has traded in this uncross, since no earlier one can have left it as it is.
        assert book.last_price_ticks is not None
        outcomes.append(Repriced(order, book.last_price_ticks, order.price_ticks))
        order.order_type, order.price_ticks = LIMIT, book.last_price_ticks
        rest(book, order, book.bids if order.side == BUY else book.asks, outcomes)
    else:
        outcomes.append(Canceled(order, lots, CancelReason.MARKET, rested))
