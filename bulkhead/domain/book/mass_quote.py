"""A mass quote: the quotes of one group, of both sides, set at once.

A quote is a limit order that its group names again by its id. What a mass quote names and the book has
gets the new price and quantity, and with quantity 0 it is withdrawn; what the book doesn't have is new; what
is not named stays. (Eurex Release 12: the side that a single-sided quote leaves out stays in the book. CME
Globex cancels by quote set with a message of its own; here that is `mass_cancel`.)

All that loses its place leaves before anything arrives, so that a market maker who moves both sides past each
other doesn't meet a quote that is about to move.
"""

from collections.abc import Callable, Sequence

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Canceled,
    CancelReason,
    Outcome,
    Rejected,
    RejectReason,
    Replaced,
)
from bulkhead.domain.book.place import enter, join, refuse_new
from bulkhead.domain.book.refuse import refuse_terms
from bulkhead.domain.book.replace import keep
from bulkhead.domain.book.terms import BUY, CLOSED, CONTINUOUS, LIMIT

IsMeant = Callable[[object], bool]


def mass_quote(book: Contents, quotes: Sequence[BookOrder], is_meant: IsMeant) -> list[Outcome]:
    """Refuse all, or set all: first what is withdrawn, moved or reduced, then what arrives, as named."""
    refusal = _refuse(book, quotes, is_meant)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = []
    arriving: list[BookOrder] = []
    for quote in quotes:
        order = book.live.get(quote.order_id)
        if order is not None:
            if not _change(book, order, quote, outcomes):
                arriving.append(order)
        elif quote.remaining_lots:
            arriving.append(quote)
    for order in arriving:
        if any(order is quote for quote in quotes):
            outcomes.append(Accepted(order))
            enter(book, order, outcomes)
        else:
            join(book, order, outcomes)
    return outcomes


def _change(book: Contents, order: BookOrder, quote: BookOrder, outcomes: list[Outcome]) -> bool:
    """Give a live quote what a mass quote says; whether that is all: else it has left and is to arrive."""
    lots, before_lots = quote.remaining_lots, order.remaining_lots
    ticks, before_ticks = quote.price_ticks, order.price_ticks
    if not lots:
        outcomes.append(Canceled(order, before_lots, CancelReason.REQUESTED, take_off(book, order)))
        return True
    kept = ticks == before_ticks and lots <= before_lots
    outcomes.append(Replaced(order, ticks, lots, before_ticks, before_lots, kept))
    if kept:
        keep(book, order, lots, order.special, outcomes)
    else:
        take_off(book, order)
        order.price_ticks, order.remaining_lots = ticks, lots
    return kept


def _refuse(book: Contents, quotes: Sequence[BookOrder], is_meant: IsMeant) -> Rejected | None:
    """The first reason not to take a mass quote: of each quote as they come, then of the two sides."""
    named: set[int] = set()
    for quote in quotes:
        if quote.order_id in named:
            return Rejected(quote.order_id, RejectReason.DUPLICATE_ORDER, 0, quote.order_id)
        named.add(quote.order_id)
        refusal = _refuse_one(book, quote, is_meant)
        if refusal is not None:
            return refusal
    return _refuse_crossed([quote for quote in quotes if quote.remaining_lots])


def _refuse_one(book: Contents, quote: BookOrder, is_meant: IsMeant) -> Rejected | None:
    order = book.live.get(quote.order_id)
    if order is not None and not (
        order.order_type == LIMIT
        and order.side == quote.side
        and order.order_id not in book.parked
        and is_meant(order.owner)
    ):
        return Rejected(quote.order_id, RejectReason.DUPLICATE_ORDER, 0, quote.order_id)
    if not quote.remaining_lots:
        if book.phase == CLOSED:
            return Rejected(quote.order_id, RejectReason.PHASE, CONTINUOUS, book.phase)
        return None
    if quote.post_only or (order is not None and order.post_only):
        # Whether it would trade depends on what the others of its message leave there.
        return Rejected(quote.order_id, RejectReason.POST_ONLY, quote.price_ticks, quote.price_ticks)
    if order is None:
        return refuse_new(book, quote)
    return refuse_terms(book, quote.order_id, quote.price_ticks, quote.remaining_lots, order.special)


def _refuse_crossed(quotes: Sequence[BookOrder]) -> Rejected | None:
    """Refuse quotes of which one would trade with another."""
    bids = [quote for quote in quotes if quote.side == BUY]
    ask_ticks = min((quote.price_ticks for quote in quotes if quote.side != BUY), default=None)
    for bid in bids:
        if ask_ticks is not None and bid.price_ticks >= ask_ticks:
            return Rejected(bid.order_id, RejectReason.PRICE, ask_ticks, bid.price_ticks)
    return None
