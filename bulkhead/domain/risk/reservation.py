"""What an order may still cost: exact to the unit, fee included.

A buy pays at worst its price for every lot left, and the higher of its two fee rates on that (a negative one
counts as 0). A sell pays its lots; its fee comes out of the proceeds, which are never less.

While replaces are unanswered the order is reserved for the dearest of its possible histories: the book
executes lots of the live version, takes or refuses the first replace, executes lots of that one, and so on.
The maximum over the versions would not do: 10 lots at 100 become 100 lots at 9 by a replace, 9 lots trade at
100 before it arrives, and then 91 lots at 9 may: 1,719 in all, where neither version costs more than 1,000.

Of a pair only one order trades: the dearer one's cost is reserved, the stop's part being what it costs more.
Exits that wait for their entry's end trade what it does. Where they sell what it buys, so much as it has
bought is reserved, which its fills have just brought; where they buy, all that it has sold and still may.
"""

from collections import Counter
from collections.abc import Sequence

from bulkhead.domain.fees import RATE_ONE
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.exposure import Change, follow
from bulkhead.domain.risk.model import Order, Version
from bulkhead.domain.terms import Side


def worst_cost(order: Order, versions: Sequence[Version]) -> int:
    """Of the lots that have not been executed, in smallest units of the asset that the order pays.

    `versions`: the live one, then those that the book has not answered, oldest first.
    """
    executed_lots, instrument = order.executed_lots, order.instrument
    if order.side is Side.SELL:
        return _left_lots(order, versions) * instrument.lot_units
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
    """Bring the reservation to what the order, and what is linked with it, may cost now."""
    caps = order.account.participant.caps
    if order.link is None:
        _hold(order, _cost(order, (order.version, *order.amendments)))
        if caps is not None:
            follow(caps.exposure, order)
        return
    for each, _, needed in needs(order):
        _hold(each, needed)
        if caps is not None:
            follow(caps.exposure, each)


def check_balance(order: Order, changes: Sequence[Change]) -> Refusal | None:
    """Whether there is enough for what the order, and what is linked with it, needs. What is reserved for
    them already counts as there.
    """
    needed: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for each, _, amount in changes:
        needed[each.pays_asset_id] += amount
        held[each.pays_asset_id] += each.reserved
    for asset_id, amount in needed.items():
        available = order.account.available(asset_id) + held[asset_id]
        # A replace may need no more of what only linked orders pay: then nothing of it is missing.
        if amount > available and (asset_id == order.pays_asset_id or amount > held[asset_id]):
            return Reason.BALANCE, available, amount
    return None


def needs(order: Order, *asked: Version) -> list[Change]:
    """What the order, and each that is linked with it, has to hold. `asked`: replaces of the order, beside
    those in flight.
    """
    link = order.link

    def versions(each: Order) -> list[Version]:
        return [each.version, *each.amendments, *(asked if each is order else ())]

    if link is None:
        return [(order, versions(order), _cost(order, versions(order)))]
    entry: list[Change] = []
    exit_lots = link.filled_lots
    if link.entry is not None:
        entry.append((link.entry, versions(link.entry), _cost(link.entry, versions(link.entry))))
        if link.limit.side is Side.BUY:
            exit_lots += _left_lots(link.entry, versions(link.entry))
    limit_cost, stop_cost = (
        _cost(
            each,
            [version._replace(quantity_lots=exit_lots) for version in versions(each)]
            if each.parked
            else versions(each),
        )
        for each in (link.limit, link.stop)
    )
    return [
        *entry,
        (link.limit, versions(link.limit), limit_cost),
        (link.stop, versions(link.stop), max(stop_cost - limit_cost, 0)),
    ]


def _left_lots(order: Order, versions: Sequence[Version]) -> int:
    """What an order may still trade at most."""
    return max(max(version.quantity_lots for version in versions) - order.executed_lots, 0)


def _cost(order: Order, versions: Sequence[Version]) -> int:
    is_over = order.ended or order.released or order.doomed
    return 0 if is_over else worst_cost(order, versions)


def _hold(order: Order, needed: int) -> None:
    if needed != order.reserved:
        order.pays.reserved += needed - order.reserved
        order.reserved = needed
