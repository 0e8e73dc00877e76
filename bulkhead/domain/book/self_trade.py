"""Self-trade prevention: what happens between two orders of one group, instead of a trade."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.display import after_reduction, is_iceberg
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Decremented, Outcome
from bulkhead.domain.book.plan import Deed
from bulkhead.domain.book.side import BookSide


def prevent(
    book: Contents,
    aggressor: BookOrder,
    resting: BookOrder,
    lots: int,
    deed: Deed,
    opposite: BookSide,
    outcomes: list[Outcome],
) -> bool:
    """Carry out what the aggressor's mode says; whether it goes on."""
    if deed is Deed.DECREMENT:
        _decrement(book, aggressor, resting, lots, opposite, outcomes)
        return aggressor.remaining_lots > 0
    if deed is not Deed.CANCEL_RESTING:
        outcomes.append(Canceled(aggressor, aggressor.remaining_lots, CancelReason.SELF_TRADE, False))
    if deed is not Deed.CANCEL_AGGRESSOR:
        opposite.remove(resting)
        del book.live[resting.order_id]
        outcomes.append(Canceled(resting, resting.remaining_lots, CancelReason.SELF_TRADE, True))
    return deed is Deed.CANCEL_RESTING


def _decrement(
    book: Contents,
    aggressor: BookOrder,
    resting: BookOrder,
    lots: int,
    opposite: BookSide,
    outcomes: list[Outcome],
) -> None:
    """Take `lots` off both. They count as executed: a replace's total quantity must not bring them back."""
    if lots == resting.remaining_lots:
        opposite.remove(resting)
        del book.live[resting.order_id]
        resting.remaining_lots = 0
    else:
        opposite.reduce(resting, lots)
    aggressor.remaining_lots -= lots
    aggressor.executed_lots += lots
    resting.executed_lots += lots
    outcomes.append(Decremented(aggressor, resting, lots, aggressor.remaining_lots, resting.remaining_lots))
    if resting.remaining_lots and is_iceberg(resting):
        after_reduction(opposite, resting, lots, outcomes)
