"""A risk shard, and a settlement shard, is added while the exchange trades, and ended when it has no slots
any more; accounts go from one settlement shard to another.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

from bulkhead.domain.control.model import Control, Kind
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    MoveSettlementSlots,
    RetireSettlementShard,
)
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.machines.factory import to_look_at
from bulkhead.simulation.world import World
from bulkhead.topology.derived import slot_of

NEW = 2
"""of either kind, of which a process runs from the beginning"""
PARTS = (0, 9, 4, 0, 2, 1)
"""that slots move in, or in fewer; 0: an operator may let it be"""


def add_shard(world: World, chance: random.Random) -> str:
    """Once; later it is refused, as it is while slots move."""
    return _decide(world, AddRiskShard(NEW, "by chance"))


def end_shard(world: World, chance: random.Random) -> str:
    """It has no slots, or gives some of them away first; sometimes an operator forgets that."""
    run = _a_run_of_the_new(_owners(world, Kind.RISK))
    if run is None or chance.random() >= 0.6:
        return _decide(world, RetireRiskShard(NEW, "by chance"))
    new = chance.randrange(NEW)
    return _decide(world, MoveSlots(*run, NEW, new, "it ends", slots_at_once(*run, new)))


def add_ledger(world: World, chance: random.Random) -> str:
    return _decide(world, AddSettlementShard(NEW, "by chance"))


def end_ledger(world: World, chance: random.Random) -> str:
    run = _a_run_of_the_new(_owners(world, Kind.SETTLEMENT))
    if run is None or chance.random() >= 0.6:
        return _decide(world, RetireSettlementShard(NEW, "by chance"))
    return _decide(world, MoveSettlementSlots(*run, NEW, chance.randrange(NEW), "it ends"))


def move_accounts(world: World, chance: random.Random) -> str:
    """Somebody's, or some more; from where they are, unless an operator has not looked."""
    slot = slot_of(chance.choice(world.participants).participant_id)
    first, last = chance.choice(((slot, slot), (slot, slot), (0, 511), (max(0, slot - 100), slot)))
    shards = range(world.topology.shards.settlement.count)
    owners = _owners(world, Kind.SETTLEMENT)
    old = owners[first] if owners and chance.random() < 0.9 else chance.choice(shards)
    new = chance.choice([shard for shard in shards if shard != old])
    return _decide(world, MoveSettlementSlots(first, last, old, new, "by chance"))


def slots_at_once(first: int, last: int, drawn: int) -> int:
    """Of a move, by what was drawn for it: all together, one by one where there are few, or in parts of which
    the last one may be short.
    """
    parts = PARTS[(first + last + drawn) % len(PARTS)]
    return 0 if parts == 0 else (last - first) // parts + 1


def _decide(world: World, message: Any) -> str:
    world.operator.decide(message)
    return str(message)


def _a_run_of_the_new(owners: list[int]) -> tuple[int, int] | None:
    slots = [slot for slot, shard in enumerate(owners) if shard == NEW]
    if not slots:
        return None
    return slots[0], next((slot for slot in slots if slot + 1 not in slots), slots[-1])


def known_to_control(world: World) -> Control | None:
    """What somebody's control knows, which an operator may look at late. None: nobody's is up."""
    for process in world.processes:
        if process.name == "control/0" and process.shard is not None:
            domain: Any = to_look_at(process.shard.machine).domain
            control: Control = domain.control
            return control
    return None


def _owners(world: World, kind: Kind) -> list[int]:
    """By slot its shard; none where nobody knows."""
    control = known_to_control(world)
    if control is None:
        return []
    return control.risk if kind is Kind.RISK else control.settlement


SHARDS: Mapping[str, Callable[[World, random.Random], str]] = {
    "add shard": add_shard,
    "end shard": end_shard,
    "add ledger": add_ledger,
    "end ledger": end_ledger,
    "move accounts": move_accounts,
}
