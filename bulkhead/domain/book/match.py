"""Trading an arriving order against the other side. `fill` is the only place where a resting order trades
with one that arrives; an auction's trades are made by `uncross`.
"""

from collections.abc import Sequence

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.display import after_trade, is_iceberg
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome, Traded
from bulkhead.domain.book.plan import Deed, Step
from bulkhead.domain.book.self_trade import prevent
from bulkhead.domain.book.side import BookSide


def match(book: Contents, aggressor: BookOrder, opposite: BookSide, outcomes: list[Outcome]) -> None:
    """Trade by price-time priority until the aggressor is filled or its worst price is reached.

    Only where no order of the other side alters matching.
    """
    keys, levels = opposite.keys, opposite.levels
    worst_key = opposite.step * aggressor.price_ticks
    while (left := aggressor.remaining_lots) and keys and keys[-1] >= worst_key:
        resting = levels[keys[-1]].first
        lots = resting.remaining_lots
        fill(book, aggressor, resting, lots if lots < left else left, opposite, outcomes)


def carry_out(
    book: Contents, aggressor: BookOrder, steps: Sequence[Step], opposite: BookSide, outcomes: list[Outcome]
) -> bool:
    """Do what a plan says; whether the aggressor is still there: it may have been canceled or taken off."""
    for resting, lots, deed in steps:
        if deed is not Deed.TRADE:
            if not prevent(book, aggressor, resting, lots, deed, opposite, outcomes):
                return False
            continue
        fill(book, aggressor, resting, lots, opposite, outcomes)
        if resting.remaining_lots and is_iceberg(resting):
            after_trade(opposite, resting, lots, outcomes)
    return True


def fill(
    book: Contents,
    aggressor: BookOrder,
    resting: BookOrder,
    lots: int,
    opposite: BookSide,
    outcomes: list[Outcome],
) -> None:
    """Trade `lots`, which both have, at the resting order's price; a resting order that is filled leaves."""
    if lots == resting.remaining_lots:
        opposite.remove(resting)
        del book.live[resting.order_id]
        resting.remaining_lots = 0
    else:
        opposite.reduce(resting, lots)
    aggressor.remaining_lots -= lots
    aggressor.executed_lots += lots
    resting.executed_lots += lots
    price_ticks = book.last_price_ticks = resting.price_ticks
    outcomes.append(
        Traded(aggressor, resting, price_ticks, lots, aggressor.remaining_lots, resting.remaining_lots)
    )
