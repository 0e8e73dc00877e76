"""A topology and what follows from it, as plain values: what `topology show` prints."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from bulkhead.domain.keys import may
from bulkhead.topology.derived import (
    boundary_of,
    fee_rates_e7,
    instrument_terms,
    log_address,
    shards,
    slot_of,
    slot_table,
    snapshots_address,
    topics,
    views_address,
)
from bulkhead.topology.models import Topology


def summary(topology: Topology, file: Path) -> dict[str, Any]:
    """Everything about the valid topology that was read from `file`, for JSON. Amounts are decimal text."""
    maker, taker = fee_rates_e7(topology)
    return {
        "file": str(file),
        "exchange": topology.exchange,
        "development": topology.development,
        "tick_ms": topology.clock.tick_ms,
        "engine": topology.shards.engine or "native where it is built",
        "fees": {"maker_rate_e7": maker, "taker_rate_e7": taker},
        "assets": {asset_id: asset.model_dump() for asset_id, asset in topology.assets.items()},
        "instruments": [asdict(terms) for terms in instrument_terms(topology)],
        "shards": _shards(topology),
        "topics": [asdict(topic) for topic in topics(topology)],
        "boundaries": _boundaries(topology),
        "participants": _participants(topology),
        "log": {"address": log_address(topology, file)},
        "views": {"address": views_address(topology, file)},
        "snapshots": {
            "address": snapshots_address(topology, file),
            **topology.snapshots.model_dump(include={"every_events", "every_ticks", "keep"}),
        },
    }


def _shards(topology: Topology) -> list[dict[str, Any]]:
    boundary = boundary_of(topology)
    slots: dict[str, tuple[int, ...]] = {}
    members: dict[str, dict[int, list[str]]] = {}
    for kind, settings in (("risk", topology.shards.risk), ("settlement", topology.shards.settlement)):
        slots[kind] = slot_table(settings)
        members[kind] = {number: list[str]() for number in settings.numbers}
        for participant_id in topology.participants:
            members[kind][slots[kind][slot_of(participant_id)]].append(participant_id)
    found = []
    for shard in shards(topology):
        row: dict[str, Any] = {
            "shard": shard.name,
            "boundary": boundary[shard.name],
            "reads": list(shard.reads),
        }
        if shard.kind == "book":
            row["instruments"] = list(topology.shards.books[shard.index].instruments)
        if shard.kind in slots:
            row["slots"] = slots[shard.kind].count(shard.index)
            row["participants"] = members[shard.kind][shard.index]
        found.append(row)
    return found


def _boundaries(topology: Topology) -> dict[str, Any]:
    inside: dict[str, list[str]] = {name: [] for name in topology.boundaries}
    for shard, name in boundary_of(topology).items():
        inside[name].append(shard)
    return {
        name: boundary.model_dump(exclude={"contains"}) | {"shards": inside[name]}
        for name, boundary in topology.boundaries.items()
    }


def _participants(topology: Topology) -> list[dict[str, Any]]:
    risk, settlement = slot_table(topology.shards.risk), slot_table(topology.shards.settlement)
    return [
        {
            "participant_id": participant_id,
            "slot": slot_of(participant_id),
            "risk": f"risk/{risk[slot_of(participant_id)]}",
            "settlement": f"settlement/{settlement[slot_of(participant_id)]}",
            "keys": {name: may(permissions) for name, permissions in participant.permissions.items()},
            "accounts": list(participant.account_ids),
            "balances": {asset: f"{amount:f}" for asset, amount in participant.balances.items()},
            "limits": participant.limits.model_dump(mode="json"),
        }
        for participant_id, participant in topology.participants.items()
    ]
