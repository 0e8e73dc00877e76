"""What an iceberg shows: a slice of its quantity; when that has traded, the next one, at the end of the
queue at its price (Xetra and CME Globex show the next slice with a new time priority).

What it keeps back trades only by being shown. In an uncross all of it trades, in its slice's place.
"""

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Displayed, Outcome
from bulkhead.domain.book.side import BookSide


def show_first(order: BookOrder) -> None:
    """Before an order with a display quantity joins a queue."""
    special = order.special
    if special is not None and special.display_lots is not None:
        special.shown_lots = min(special.display_lots, order.remaining_lots)


def after_trade(side: BookSide, order: BookOrder, lots: int, outcomes: list[Outcome]) -> None:
    """`lots` of a resting iceberg have traded and more remains: show less, or the next slice."""
    special = order.special
    assert special is not None  # the caller has looked
    assert special.display_lots  # as above
    if lots < special.shown_lots:
        special.shown_lots -= lots
        outcomes.append(Displayed(order, special.shown_lots, False))
        return
    # An uncross may have taken several slices and a part of the next one.
    begun_lots = (lots - special.shown_lots) % special.display_lots
    level = side.level(order)
    level.undisplayed_lots += special.shown_lots - lots
    special.shown_lots = 0
    side.remove(order)
    special.shown_lots = min(special.display_lots - begun_lots, order.remaining_lots)
    side.add(order)
    if side.top is order:
        side.top = None
    outcomes.append(Displayed(order, special.shown_lots, True))


def after_reduction(side: BookSide, order: BookOrder, lots: int, outcomes: list[Outcome]) -> None:
    """`lots` were taken off a resting iceberg without a trade: first off what it keeps back."""
    special = order.special
    assert special is not None  # the caller has looked
    kept_back_lots = order.remaining_lots + lots - special.shown_lots
    side.level(order).undisplayed_lots -= min(lots, kept_back_lots)
    special.shown_lots = min(special.shown_lots, order.remaining_lots)
    outcomes.append(Displayed(order, special.shown_lots, False))


def is_iceberg(order: BookOrder) -> bool:
    """Whether it shows a slice."""
    return order.special is not None and bool(order.special.display_lots)
