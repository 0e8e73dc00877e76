"""What an order may still cost: exact to the unit, fee included.

A buy pays at worst its price for every lot left, and the higher of its two fee rates on that (a negative one
counts as 0). A sell pays its lots; its fee comes out of the proceeds, which are never less.

While replaces are unanswered the order is reserved for the dearest of its possible histories: the book
executes lots of the live version, takes or refuses the first replace, executes lots of that one, and so on.
The maximum over the versions would not do: 10 lots at 100 become 100 lots at 9 by a replace, 9 lots trade at
100 before it arrives, and then 91 lots at 9 may: 1,719 in all, where neither version costs more than 1,000.
"""

from collections.abc import Sequence

from bulkhead.domain.fees import RATE_ONE
from bulkhead.domain.risk.exposure import follow
from bulkhead.domain.risk.model import Order, Version
from bulkhead.domain.terms import Side


def worst_cost(order: Order, versions: Sequence[Version]) -> int:
    """Of the lots that have not been executed, in smallest units of the asset that the order pays.

    `versions`: the live one, then those that the book has not answered, oldest first.
    """
    executed_lots, instrument = order.executed_lots, order.instrument
    if order.side is Side.SELL:
        total_lots = max(version.quantity_lots for version in versions)
        return max(total_lots - executed_lots, 0) * instrument.lot_units
    worst = 0
    """in 1e-7 units: notional and fee add up before they are rounded"""
    reached: list[tuple[int, int]] = []
    """of each version before: all its lots but the last (with it the order would end), and the most that they
    and those of versions before it cost"""
    for price_ticks, total_lots, maker_fee_rate, taker_fee_rate, _ in versions:
        lots = total_lots - executed_lots - 1
        if lots < 0:
            continue
        lot_cost = (
            price_ticks * instrument.tick_lot_units * (RATE_ONE + max(maker_fee_rate, taker_fee_rate, 0))
        )
        cost = lots * lot_cost
        # Executing part of an earlier version is never dearer than all or nothing of it: its cost is linear.
        for earlier_lots, earlier_cost in reached:
            if earlier_lots <= lots:
                cost = max(cost, earlier_cost + (lots - earlier_lots) * lot_cost)
        reached.append((lots, cost))
        worst = max(worst, cost + lot_cost)
    return (order.fee_basis + worst) // RATE_ONE - order.fee_basis // RATE_ONE


def reserve(order: Order) -> None:
    """Bring the reservation to what the order may cost now."""
    needed = 0 if order.ended or order.released else worst_cost(order, (order.version, *order.amendments))
    order.pays.reserved += needed - order.reserved
    order.reserved = needed
    caps = order.account.participant.caps
    if caps is not None:
        follow(caps.exposure, order)
