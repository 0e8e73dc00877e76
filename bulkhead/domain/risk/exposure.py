"""What all open orders of a participant may come to, and the bounds of it: position, open notional, credit.

Each order counts at its worst: a buy as if every lot left were bought, a replace in flight as if the larger
of what was and what comes were to trade. A sell takes nothing off a position before it has traded. Price
times quantity is taken at the limit or protection price. Of a pair only one trades: the worse one counts, the
stop's part being what it comes to more. Exits that wait for their entry's end count as all that it has traded
and still may. So no sequence of fills and answers that are on their way can carry a participant past a bound;
deposits, and trades that were corrected, can.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.caps import NOTHING, Caps, Exposure, Part
from bulkhead.domain.risk.model import Account, Order, Participant, Version
from bulkhead.domain.terms import Side

WHOLE = ""
"""in the place of an account: all of the participant's"""


def part_of(order: Order, versions_of: Callable[[Order], Sequence[Version]], reserved: int) -> Part:
    """`versions_of`: an order's live version, and those that the book has not answered."""
    buying, notional = _alone(order, versions_of)
    link = order.link
    if link is not None and order is link.stop:
        other_buying, other_notional = _alone(link.limit, versions_of)
        buying, notional = max(buying - other_buying, 0), max(notional - other_notional, 0)
    return Part(buying, notional, reserved)


def versions_in_flight(order: Order) -> Sequence[Version]:
    """As it stands, with nothing more asked for."""
    return order.version, *order.amendments


def _alone(order: Order, versions_of: Callable[[Order], Sequence[Version]]) -> tuple[int, int]:
    """What it may buy of the base asset, and its notional, as if it were linked with none."""
    if order.ended or order.released or order.doomed:
        return 0, 0
    instrument, executed_lots, link = order.instrument, order.executed_lots, order.link
    left = [(each.price_ticks, max(each.quantity_lots - executed_lots, 0)) for each in versions_of(order)]
    if order.parked and link is not None:
        exit_lots = link.filled_lots
        if link.entry is not None:
            entered = max(each.quantity_lots for each in versions_of(link.entry))
            exit_lots += max(entered - link.entry.executed_lots, 0)
        left = [(price_ticks, exit_lots) for price_ticks, _ in left]
    buying = max(lots for _, lots in left) * instrument.lot_units if order.side is Side.BUY else 0
    return buying, max(price_ticks * lots for price_ticks, lots in left) * instrument.tick_lot_units


Change = tuple[Order, Sequence[Version], int]
"""an order with the versions that it is to have, and what is to be reserved for it then"""


def check_exposure(participant: Participant, changes: Sequence[Change]) -> Refusal | None:
    """Whether the participant may have all these orders so.

    What adds nothing to a sum is not refused for it: an order may be made smaller beyond a bound.
    """
    caps = participant.caps
    if caps is None:
        return None
    buying: Counter[tuple[str, str]] = Counter()
    notional: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    asked = {order: versions for order, versions, _ in changes}
    for order, _, amount in changes:
        before = caps.exposure.parts.get(order.order_id, NOTHING)  # nothing of an order that is new
        after = part_of(order, asked.__getitem__, amount)
        for account_id in (order.account.account_id, WHOLE):
            buying[account_id, order.instrument.base_asset_id] += after.buying - before.buying
        notional[order.instrument.quote_asset_id] += after.notional - before.notional
        reserved[order.pays_asset_id] += after.reserved - before.reserved
    return (
        _check_position(participant, caps, buying)
        or _check_sum(Reason.OPEN_NOTIONAL_LIMIT, caps.open_notional, caps.exposure.notional, notional)
        or _check_sum(Reason.CREDIT_LIMIT, caps.credit, caps.exposure.reserved, reserved)
    )


def position(participant: Participant, account_id: str, asset_id: str) -> int:
    """What there is of the asset, in one account or in all (WHOLE), and what open buys would add to it."""
    accounts = [each for each in participant.accounts if account_id in (WHOLE, each.account_id)]
    buying = 0
    if participant.caps is not None:
        buying = participant.caps.exposure.buying.get((account_id, asset_id), 0)
    return sum(_total(account, asset_id) for account in accounts) + buying


def follow(exposure: Exposure, order: Order) -> None:
    """Bring the sums to what the order may come to now; called whenever its reservation is, and of linked
    orders for each.
    """
    before = exposure.parts.get(order.order_id, NOTHING)
    if order.ended or order.released or order.doomed:
        after = NOTHING
        exposure.parts.pop(order.order_id, None)
    else:
        after = part_of(order, versions_in_flight, order.reserved)
        exposure.parts[order.order_id] = after
    instrument = order.instrument
    bought = after.buying - before.buying
    if bought:
        _add(exposure.buying, (order.account.account_id, instrument.base_asset_id), bought)
        _add(exposure.buying, (WHOLE, instrument.base_asset_id), bought)
    _add(exposure.notional, instrument.quote_asset_id, after.notional - before.notional)
    _add(exposure.reserved, order.pays_asset_id, after.reserved - before.reserved)


def caps_of(participant: Participant) -> Caps:
    """The participant's, made and brought up to date where it had none."""
    if participant.caps is None:
        participant.caps = Caps()
        for account in participant.accounts:
            for order in account.live.values():
                follow(participant.caps.exposure, order)
    return participant.caps


def _check_position(
    participant: Participant, caps: Caps, more: Mapping[tuple[str, str], int]
) -> Refusal | None:
    for (account_id, asset_id), bought in more.items():
        bound = caps.position.get((account_id, asset_id))
        if bound is not None and bought > 0:
            would_be = position(participant, account_id, asset_id) + bought
            if would_be > bound:
                return Reason.POSITION_LIMIT, bound, would_be
    return None


def _check_sum(
    reason: Reason, bounds: Mapping[str, int], sums: Mapping[str, int], more: Mapping[str, int]
) -> Refusal | None:
    for asset_id, added in more.items():
        bound = bounds.get(asset_id)
        if bound is not None and added > 0:
            would_be = sums.get(asset_id, 0) + added
            if would_be > bound:
                return reason, bound, would_be
    return None


def _total(account: Account, asset_id: str) -> int:
    balance = account.balances.get(asset_id)
    return 0 if balance is None else balance.total


def _add(sums: dict[Any, int], key: Any, change: int) -> None:
    sums[key] = sums.get(key, 0) + change
