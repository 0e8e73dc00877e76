"""Replacing the price, the remaining quantity and the special terms of a live order."""

from dataclasses import dataclass
from dataclasses import replace as copied

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.display import after_reduction, is_iceberg
from bulkhead.domain.book.expiry import expect_end
from bulkhead.domain.book.leave import take_off
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Rejected, RejectReason, Replaced
from bulkhead.domain.book.parked import park
from bulkhead.domain.book.place import join
from bulkhead.domain.book.post_only import posted_at, refuse_post_only
from bulkhead.domain.book.refuse import refuse_expiry, refuse_terms
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import BUY, GTD, WAITING_TYPES


@dataclass(frozen=True, slots=True)
class Changes:
    """New special terms; None leaves one as it is, and so does one that the order's type has no use for."""

    stop_price_ticks: int | None = None
    min_quantity_lots: int | None = None
    display_lots: int | None = None
    expire_time_ms: int | None = None


def replace(
    book: Contents,
    order_id: int,
    price_ticks: int | None,
    quantity_lots: int | None,
    changes: Changes | None = None,
) -> list[Outcome]:
    """Give an order another price and REMAINING quantity; None leaves it as it is.

    The same or less quantity at the same price, displayed as before, keeps priority; anything else loses
    it, and the order arrives anew (CME Globex and FIX 4.4 cancel/replace have the same rule).
    """
    order = book.live.get(order_id)
    if order is None:
        return [Rejected(order_id, RejectReason.UNKNOWN_ORDER, 0, order_id)]
    before_lots, before_ticks = order.remaining_lots, order.price_ticks
    lots = before_lots if quantity_lots is None else quantity_lots
    ticks = before_ticks if price_ticks is None else price_ticks
    special = order.special if changes is None else _changed(order, changes)
    refusal = refuse_terms(book, order_id, ticks, lots, special)
    if refusal is not None:
        return [refusal]
    kept = ticks == before_ticks and lots <= before_lots and not _is_shown_otherwise(order, special)
    if not kept and order.post_only:
        refusal = refuse_post_only(book, order, ticks, lots, special)
        if refusal is None and order.order_type not in WAITING_TYPES:
            posted_ticks = posted_at(book, order, ticks, lots, special)
            assert posted_ticks is not None  # else it had been refused
            ticks = posted_ticks
    if refusal is None and special is not None:
        refusal = refuse_expiry(book, order, special)
    if refusal is not None:
        return [refusal]
    outcomes: list[Outcome] = [Replaced(order, ticks, lots, before_ticks, before_lots, kept)]
    if order_id in book.parked:
        _park_on(book, order, ticks, lots, special, kept)
    elif order.order_type in WAITING_TYPES:
        _wait_on(book, order, ticks, lots, special, kept)
    elif kept:
        keep(book, order, lots, special, outcomes)
    else:
        take_off(book, order)
        order.price_ticks, order.remaining_lots, order.special = ticks, lots, special
        join(book, order, outcomes)
    if changes is not None and order_id in book.live:
        expect_end(book, order)
    return outcomes


def _changed(order: BookOrder, changes: Changes) -> Special:
    special = Special() if order.special is None else copied(order.special)
    if changes.min_quantity_lots is not None:
        special.min_quantity_lots = changes.min_quantity_lots
    if changes.display_lots is not None:
        special.display_lots = changes.display_lots
    if changes.stop_price_ticks is not None and order.order_type in WAITING_TYPES:
        special.stop_price_ticks = changes.stop_price_ticks
    if changes.expire_time_ms is not None and order.time_in_force == GTD:
        special.expire_time_ms = changes.expire_time_ms
    return special


def _is_shown_otherwise(order: BookOrder, special: Special | None) -> bool:
    """Whether what a replace gives an order changes its place: how it is displayed, when it triggers."""
    old = order.special
    if old is special:
        return False
    before = (None, None) if old is None else (old.display_lots, old.stop_price_ticks)
    return special is not None and (special.display_lots, special.stop_price_ticks) != before


def _park_on(
    book: Contents, order: BookOrder, ticks: int, lots: int, special: Special | None, kept: bool
) -> None:
    """A parked order stays parked with other terms; as the last to have come, unless it keeps its place."""
    order.price_ticks, order.remaining_lots, order.special = ticks, lots, special
    if not kept:
        del book.parked[order.order_id]
        park(book, order)


def _wait_on(
    book: Contents, order: BookOrder, ticks: int, lots: int, special: Special | None, kept: bool
) -> None:
    """A stop goes on waiting with other terms; as the last to have come, unless it keeps its place."""
    if not kept:
        book.stops.remove(order)
    order.price_ticks, order.remaining_lots, order.special = ticks, lots, special
    if not kept:
        book.stops.add(order)


def keep(
    book: Contents, order: BookOrder, lots: int, special: Special | None, outcomes: list[Outcome]
) -> None:
    """Less quantity for an order that keeps its place."""
    own, off_lots = book.bids if order.side == BUY else book.asks, order.remaining_lots - lots
    if special is not order.special:
        before = order.special is not None and order.special.alters_matching
        order.special = special
        own.specials += (special is not None and special.alters_matching) - before
    own.reduce(order, off_lots)
    if is_iceberg(order):
        after_reduction(own, order, off_lots, outcomes)
