"""Orders that are linked: a pair of which one cancels the other, and a bracket, an entry with such a pair.

A pair is a limit order and a stop of one side. As soon as one of them trades, however little, or is
triggered, or ends in whatever way, the other is canceled: never do both trade. Stops are looked at when a
command's own matching is done, so it is enough to do so with links, before them. (Binance Spot, OCO: the
activation of one order immediately cancels the other, and one of the two is a stop.)

The exits of a bracket are such a pair, parked until their entry ends: then they become active with what has
traded of it, or are canceled if nothing has. (Binance Spot, OTOCO: the pending orders are placed when the
working order is fully filled; there an end of either cancels the other. Here the exits of an entry that was
canceled half filled protect the half.)
"""

from collections.abc import Iterator

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.expiry import expect_end
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.link import Link
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import (
    Accepted,
    Activated,
    Canceled,
    CancelReason,
    Decremented,
    Expired,
    Outcome,
    Rejected,
    RejectReason,
    Traded,
    Triggered,
    Uncrossed,
)
from bulkhead.domain.book.parked import park
from bulkhead.domain.book.place import enter, join, refuse_new
from bulkhead.domain.book.refuse import refuse_expiry, refuse_terms
from bulkhead.domain.book.terms import (
    AT_CLOSE,
    AT_OPEN,
    DAY,
    GTC,
    GTD,
    LIMIT,
    ORDER_ID_MAX,
    TRAILING_STOP,
    WAITING_TYPES,
)

_RESTING = frozenset({GTC, DAY, GTD})
_FOR_AN_AUCTION = frozenset({AT_OPEN, AT_CLOSE})


def place_pair(book: Contents, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
    """Refuse both orders, or take both; then the stop waits and the limit order arrives."""
    if not _is_pair(limit, stop):
        return [_unfit(limit)]
    refusal = refuse_new(book, limit) or refuse_new(book, stop)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(limit), Accepted(stop)]
    _tie(book, Link(limit, stop))
    enter(book, stop, outcomes)
    enter(book, limit, outcomes)
    return outcomes


def place_bracket(book: Contents, entry: BookOrder, limit: BookOrder, stop: BookOrder) -> list[Outcome]:
    """Refuse all three orders, or take all; then the exits are parked and the entry arrives."""
    limit.remaining_lots = stop.remaining_lots = entry.remaining_lots
    if not _are_exits(entry, limit, stop):
        return [_unfit(entry)]
    refusal = refuse_new(book, entry) or _refuse_parked(book, limit) or _refuse_parked(book, stop)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Accepted(entry), Accepted(limit), Accepted(stop)]
    _tie(book, Link(limit, stop, entry.order_id))
    for order in (limit, stop):
        expect_end(book, order)
        park(book, order)
    enter(book, entry, outcomes)
    return outcomes


def follow_links(book: Contents, outcomes: list[Outcome], begin: int) -> None:
    """Let `outcomes[begin:]` have their consequences for linked orders, and these in their turn theirs."""
    number = begin
    while book.links and number < len(outcomes):
        for order, traded_lots, is_over in _concerned(outcomes[number]):
            link = book.links.get(order.order_id)
            if link is None:
                continue
            if order.order_id != link.entry_id:
                _end(book, link, order, outcomes)
                continue
            link.filled_lots += traded_lots
            if is_over:
                _end_entry(book, link, order, outcomes)
        number += 1


def _concerned(outcome: Outcome) -> Iterator[tuple[BookOrder, int, bool]]:
    """Whom an outcome concerns; what has traded of that order, and whether it has ended."""
    match outcome:
        case Traded(one, other, _, lots, one_left, other_left):
            yield one, lots, not one_left
            yield other, lots, not other_left
        case Uncrossed(one, other, _, lots, one_left, other_left):
            yield one, lots, not one_left
            yield other, lots, not other_left
        case Decremented(one, other, _, one_left, other_left):
            yield one, 0, not one_left
            yield other, 0, not other_left
        case Canceled(order) | Expired(order):
            yield order, 0, True
        case Triggered(order):
            yield order, 0, False


def _end_entry(book: Contents, link: Link, entry: BookOrder, outcomes: list[Outcome]) -> None:
    """The entry of a bracket is over: its exits become active, for what has traded."""
    if not link.filled_lots or not (_is_live(book, link.limit) and _is_live(book, link.stop)):
        _end(book, link, entry, outcomes)
        return
    del book.links[entry.order_id]
    link.entry_id = None
    for order in (link.stop, link.limit):
        outcomes.append(Activated(order, link.filled_lots, order.remaining_lots))
        take_off(book, order)
        order.remaining_lots = link.filled_lots
    book.stops.add(link.stop)
    book.live[link.stop.order_id] = link.stop
    join(book, link.limit, outcomes)


def _end(book: Contents, link: Link, cause: BookOrder, outcomes: list[Outcome]) -> None:
    """Untie a pair because of what has happened to one of its orders or to their entry; the others go.

    Of a pair that was canceled or expired together the other is gone already.
    """
    for order_id in link.order_ids():
        del book.links[order_id]
    for order in (link.limit, link.stop):
        if order is not cause and _is_live(book, order):
            rested = take_off(book, order)
            outcomes.append(Canceled(order, order.remaining_lots, CancelReason.LINKED, rested))


def _is_pair(limit: BookOrder, stop: BookOrder) -> bool:
    return (
        limit.order_type == LIMIT
        and stop.order_type in WAITING_TYPES
        and limit.time_in_force in _RESTING
        and stop.time_in_force not in _FOR_AN_AUCTION
        and limit.side == stop.side
        and limit.order_id != stop.order_id
    )


def _are_exits(entry: BookOrder, limit: BookOrder, stop: BookOrder) -> bool:
    """Whether a pair can end what an entry trades: nothing may refuse it when it becomes active."""
    return (
        _is_pair(limit, stop)
        and entry.side != limit.side
        and entry.order_id not in (limit.order_id, stop.order_id)
        and not limit.post_only
        and not stop.post_only
        and stop.order_type != TRAILING_STOP
    )


def _unfit(first: BookOrder) -> Rejected:
    return Rejected(first.order_id, RejectReason.LINK, 0, first.order_id)


def _refuse_parked(book: Contents, order: BookOrder) -> Rejected | None:
    """Refuse an exit for what doesn't depend on when it becomes active."""
    if order.order_id in book.live:
        return Rejected(order.order_id, RejectReason.DUPLICATE_ORDER, 0, order.order_id)
    if not 1 <= order.order_id <= ORDER_ID_MAX:
        return Rejected(order.order_id, RejectReason.UNKNOWN_ORDER, 0, order.order_id)
    return refuse_terms(
        book, order.order_id, order.price_ticks, order.remaining_lots, order.special
    ) or refuse_expiry(book, order, order.special)


def _is_live(book: Contents, order: BookOrder) -> bool:
    return book.live.get(order.order_id) is order


def _tie(book: Contents, link: Link) -> None:
    book.quiet = False
    book.links.update(dict.fromkeys(link.order_ids(), link))
