"""What of the genesis bounds participants, and says which decisions need more than one operator."""

from collections.abc import Iterator

from bulkhead.domain.messages.approvals import DecisionGroup, RequireApprovals
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.terms import LimitKind
from bulkhead.topology.derived import clock_ticks, order_notional_units_max
from bulkhead.topology.models import Topology
from bulkhead.topology.values import to_units

Bounded = tuple[int, str | None, str | None]
"""(a LimitKind, account, asset), as SetLimit has them"""
_OF_ASSETS = (
    ("order_size_max", LimitKind.ORDER_SIZE),
    ("position_max", LimitKind.POSITION),
    ("open_notional_max", LimitKind.OPEN_NOTIONAL),
    ("credit_max", LimitKind.CREDIT),
)


def required_approvals(topology: Topology) -> Iterator[RequireApprovals]:
    expire = clock_ticks(topology, topology.approvals.within_s)
    for group in DecisionGroup:
        operators = getattr(topology.approvals, group.name.lower())
        if operators > 1:
            yield RequireApprovals(group, operators, expire)


def bounds_of(topology: Topology, participant_id: str) -> dict[Bounded, int]:
    """All that bounds a participant and that operators may change by SetLimit, as that says it."""
    limits = topology.participants[participant_id].limits
    bounds: dict[Bounded, int] = {
        (LimitKind.OPEN_ORDERS, None, None): limits.open_orders_max,
        (LimitKind.COMMANDS_IN_FLIGHT, None, None): limits.commands_in_flight_max,
    }
    if limits.orders_per_s_max is not None:
        bounds[LimitKind.ORDERS_PER_S, None, None] = limits.orders_per_s_max
    for asset_id, amount in order_notional_units_max(topology, participant_id):
        bounds[LimitKind.ORDER_NOTIONAL, None, asset_id] = amount
    for each in (*limits_of(topology, participant_id), *account_limits_of(topology, participant_id)):
        assert each.bound is not None  # the genesis gives limits and takes none away
        bounds[each.kind, each.account_id, each.asset_id] = each.bound
    return bounds


def limits_of(topology: Topology, participant_id: str) -> Iterator[SetLimit]:
    """Those that operators may change by the same message, as far as the topology has them."""
    participant = topology.participants[participant_id]
    limits = participant.limits
    if limits.cancel_ratio is not None:
        ratio = limits.cancel_ratio
        for kind, bound in (
            (LimitKind.CANCEL_WINDOW_TICKS, clock_ticks(topology, ratio.window_s)),
            (LimitKind.CANCELS_FREE, ratio.free),
            (LimitKind.CANCELS_PER_100_ORDERS, ratio.per_100_orders),
        ):
            yield SetLimit(participant_id, None, kind, None, bound)
    for name, kind in _OF_ASSETS:
        for asset_id, amount in sorted(getattr(limits, name).items()):
            units = to_units(amount, topology.assets[asset_id].decimals)
            yield SetLimit(participant_id, None, kind, asset_id, units)


def account_limits_of(topology: Topology, participant_id: str) -> Iterator[SetLimit]:
    """Of each account, which has to be open before."""
    participant = topology.participants[participant_id]
    for asset_id, amount in sorted(participant.limits.account_position_max.items()):
        units = to_units(amount, topology.assets[asset_id].decimals)
        for account_id in participant.account_ids:
            yield SetLimit(participant_id, account_id, LimitKind.POSITION, asset_id, units)
