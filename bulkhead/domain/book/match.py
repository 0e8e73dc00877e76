"""Trading an arriving order against the other side. `fill` is the only place where a trade is made."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Traded
from bulkhead.domain.book.side import BookSide


def match(book: Contents, aggressor: BookOrder, opposite: BookSide, outcomes: list[Outcome]) -> None:
    """Trade by price-time priority until the aggressor is filled or its worst price is reached."""
    keys, levels = opposite.keys, opposite.levels
    worst_key = opposite.sign * aggressor.price_ticks
    while aggressor.remaining_lots and keys and keys[-1] >= worst_key:
        fill(book, aggressor, levels[keys[-1]].first, opposite, outcomes)


def fill(
    book: Contents, aggressor: BookOrder, resting: BookOrder, opposite: BookSide, outcomes: list[Outcome]
) -> None:
    """Trade what both have left, at the resting order's price; a resting order that is filled leaves."""
    lots = resting.remaining_lots
    if lots <= aggressor.remaining_lots:
        opposite.remove(resting)
        del book.live[resting.order_id]
        resting.remaining_lots = 0
    else:
        lots = aggressor.remaining_lots
        opposite.reduce(resting, lots)
    aggressor.remaining_lots -= lots
    aggressor.executed_lots += lots
    resting.executed_lots += lots
    price_ticks = book.last_price_ticks = resting.price_ticks
    outcomes.append(
        Traded(aggressor, resting, price_ticks, lots, aggressor.remaining_lots, resting.remaining_lots)
    )
