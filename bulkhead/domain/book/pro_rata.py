"""Pro-rata allocation: at one price an arriving order is shared out in proportion to what is shown there.

As CME Globex's allocation algorithm: first the top order, then in proportion and rounded down, shares below
the minimum dropped, then what is left over by time.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProRata:
    """`top_order`: the order that bettered the market goes first at its price.

    `minimum_lots`: a share in proportion that is smaller is none.
    """

    top_order: bool = False
    minimum_lots: int = 1


def shares(rule: ProRata, lots: int, shown: Sequence[int], top: int | None) -> list[int]:
    """How much of `lots` each of the orders of a price gets, who show so much, the oldest first.

    `top`: which of them is the top order. The product of two quantities is at most 2^124.
    """
    if lots >= sum(shown):
        return list(shown)
    taken = [0] * len(shown)
    if top is not None:
        taken[top] = min(lots, shown[top])
    left = lots - sum(taken)
    others = sum(shown) - sum(taken)
    for number, quantity in enumerate(shown):
        if number != top:
            share = left * quantity // others
            taken[number] = share if share >= rule.minimum_lots else 0
    left = lots - sum(taken)
    for number, quantity in enumerate(shown):
        more = min(left, quantity - taken[number])
        taken[number] += more
        left -= more
    return taken
