"""What an arriving order would do to the other side, where orders there alter matching.

Nothing is changed here: `match` carries a plan out, and a fill-or-kill, a minimum quantity or a post-only
order that doesn't like it leaves it at that.
"""

from collections import deque
from collections.abc import Collection, Sequence
from enum import Enum, unique
from typing import NamedTuple

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.pro_rata import shares
from bulkhead.domain.book.side import BookSide, Level
from bulkhead.domain.book.terms import CANCEL_AGGRESSOR, CANCEL_BOTH, CANCEL_RESTING


@unique
class Deed(Enum):
    """What happens between the arriving order and one that rests."""

    TRADE = 1
    DECREMENT = 2
    CANCEL_AGGRESSOR = 3
    CANCEL_RESTING = 4
    CANCEL_BOTH = 5


class Step(NamedTuple):
    resting: BookOrder
    lots: int
    """traded or decremented"""
    deed: Deed


_CANCELS = {
    CANCEL_AGGRESSOR: Deed.CANCEL_AGGRESSOR,
    CANCEL_RESTING: Deed.CANCEL_RESTING,
    CANCEL_BOTH: Deed.CANCEL_BOTH,
}


def plan(aggressor: BookOrder, opposite: BookSide) -> list[Step]:
    """What the aggressor would do, in its order.

    An order with a minimum quantity is passed over unless so much, or all that is left of it, would trade
    with this aggressor. An iceberg's share shows only when the whole walk is done: one that falls short is
    passed over in another walk.
    """
    passed_over: set[int] = set()
    while True:
        steps = _walk(aggressor, opposite, passed_over)
        short = _falls_short(steps)
        if short is None:
            return steps
        passed_over.add(short)


def traded_lots(steps: Sequence[Step]) -> int:
    """How much of a plan is trades."""
    return sum(step.lots for step in steps if step.deed is Deed.TRADE)


def _walk(aggressor: BookOrder, opposite: BookSide, passed_over: Collection[int]) -> list[Step]:
    steps: list[Step] = []
    left = aggressor.remaining_lots
    worst_key = opposite.step * aggressor.price_ticks
    for key in reversed(opposite.keys):
        if key < worst_key or not left:
            break
        level = opposite.levels[key]
        if opposite.pro_rata is None:
            left = _walk_level(aggressor, left, level, passed_over, steps)
        else:
            left = _share_level(aggressor, left, opposite, level, passed_over, steps)
    return steps


def _walk_level(
    aggressor: BookOrder, left: int, level: Level, passed_over: Collection[int], steps: list[Step]
) -> int:
    """Meet the orders of one queue, icebergs again with each slice; what is left of the aggressor then."""
    again: deque[tuple[BookOrder, int]] = deque()  # with what remains of them
    queue = iter(level)
    while left:
        resting = next(queue, None)
        if resting is not None:
            remaining, shown = resting.remaining_lots, resting.displayed_lots or resting.remaining_lots
            if resting.order_id in passed_over or _is_too_little(left, resting):
                continue
        elif again:
            resting, remaining = again.popleft()
            shown = min(_slice_lots(resting), remaining)
        else:
            break
        if _of_one_group(aggressor, resting):
            left = _meet_own(aggressor, left, resting, steps)
            continue
        lots = min(left, shown)
        steps.append(Step(resting, lots, Deed.TRADE))
        left -= lots
        if lots == shown and remaining > lots:
            again.append((resting, remaining - lots))
    return left


def _share_level(
    aggressor: BookOrder,
    left: int,
    opposite: BookSide,
    level: Level,
    passed_over: Collection[int],
    steps: list[Step],
) -> int:
    """As `_walk_level`, pro rata: orders of the aggressor's own group are met first."""
    assert opposite.pro_rata is not None  # the caller has looked
    present: list[tuple[BookOrder, int, int]] = []  # with what remains of them and what they show
    for resting in level:
        if not left:
            return 0
        if resting.order_id in passed_over or _is_too_little(left, resting):
            continue
        if _of_one_group(aggressor, resting):
            left = _meet_own(aggressor, left, resting, steps)
        else:
            remaining = resting.remaining_lots
            present.append((resting, remaining, resting.displayed_lots or remaining))
    top = next((n for n, (order, _, _) in enumerate(present) if order is opposite.top), None)
    while left and present:
        taken = shares(opposite.pro_rata, left, [shown for _, _, shown in present], top)
        again: list[tuple[BookOrder, int, int]] = []
        for (resting, remaining, shown), lots in zip(present, taken, strict=True):
            if lots:
                steps.append(Step(resting, lots, Deed.TRADE))
            if lots == shown and remaining > lots:
                again.append((resting, remaining - lots, min(_slice_lots(resting), remaining - lots)))
        left, present, top = left - sum(taken), again, None  # a new slice has lost its place, and the top
    return left


def _meet_own(aggressor: BookOrder, left: int, resting: BookOrder, steps: list[Step]) -> int:
    """Two orders of one group meet: what is left of the aggressor, as its mode says."""
    assert aggressor.special is not None  # it has a group
    deed = _CANCELS.get(aggressor.special.stp_mode)
    if deed is None:
        lots = min(left, resting.remaining_lots)
        steps.append(Step(resting, lots, Deed.DECREMENT))
        return left - lots
    steps.append(Step(resting, 0, deed))
    return left if deed is Deed.CANCEL_RESTING else 0


def _of_one_group(aggressor: BookOrder, resting: BookOrder) -> bool:
    one, other = aggressor.special, resting.special
    return one is not None and other is not None and one.stp_group != "" and one.stp_group == other.stp_group


def _is_too_little(left: int, resting: BookOrder) -> bool:
    """Whether an order that rests won't trade with one that has so little left."""
    special = resting.special
    return special is not None and left < min(special.least_lots, resting.remaining_lots)


def _slice_lots(iceberg: BookOrder) -> int:
    assert iceberg.special is not None  # it is one
    assert iceberg.special.display_lots  # as above
    return iceberg.special.display_lots


def _falls_short(steps: Sequence[Step]) -> int | None:
    """The first order of a plan that would trade less than its minimum, by its id."""
    shares: dict[int, int] = {}
    wanting: dict[int, BookOrder] = {}
    for resting, lots, deed in steps:
        if deed is Deed.TRADE and resting.special is not None and resting.special.least_lots:
            shares[resting.order_id] = shares.get(resting.order_id, 0) + lots
            wanting[resting.order_id] = resting
    return next(
        (order_id for order_id in shares if _is_too_little(shares[order_id], wanting[order_id])), None
    )
