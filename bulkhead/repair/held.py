"""What the orders of an instrument hold, by what risk shards know: what giving its book up would free."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.risk.model import Risk
from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.factory import make_reference
from bulkhead.repair.examine import bring_up
from bulkhead.runtime.identity import Identity
from bulkhead.snapshots.port import SnapshotStore


@dataclass
class Held:
    orders: int = 0
    participants: set[str] = field(default_factory=set)
    """whose they are"""
    reserved: Counter[str] = field(default_factory=Counter)
    """by asset, smallest units"""
    decimals: dict[str, int] = field(default_factory=dict)
    """of each of those assets"""


def held(
    log: Log, identity: Identity, snapshots: SnapshotStore, shards: Iterable[str], instrument_id: str
) -> Held:
    """`shards`: the risk shards, derived to the end of their partitions, so no process has to run.

    FatalError: one of them can't go on. ValueError: there is no such instrument.
    """
    found = Held()
    for shard in shards:
        machine = make_reference(shard)
        standing = bring_up(log, identity, snapshots, shard, machine)
        if standing is not None:
            raise FatalError(
                f"what orders hold on {shard} is not known, for it can't go on: {standing.problem}."
                f" `bulkhead repair look {shard}` says what can help"
            )
        assert isinstance(machine.domain, RiskMachine)
        _add(found, machine.domain.risk, instrument_id)
    return found


def _add(found: Held, risk: Risk, instrument_id: str) -> None:
    if instrument_id not in risk.instruments:
        known = ", ".join(sorted(risk.instruments)) or "none"
        raise ValueError(f"no such instrument: {instrument_id}; there are {known}")
    for order in risk.orders.values():
        if order.instrument.instrument_id != instrument_id or order.ended or order.released:
            continue
        asset_id = order.pays_asset_id
        found.orders += 1
        found.participants.add(order.account.participant.participant_id)
        found.reserved[asset_id] += order.reserved
        found.decimals[asset_id] = risk.assets[asset_id]
