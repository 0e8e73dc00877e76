"""A risk shard is added while the exchange trades, and ended when it has no slots any more."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.machines.factory import to_look_at
from bulkhead.simulation.world import World

NEW = 2
"""of which a process runs from the beginning"""


def add_shard(world: World, chance: random.Random) -> str:
    """Once; later it is refused, as it is while slots move."""
    message = AddRiskShard(NEW, "by chance")
    world.operator.decide(message)
    return str(message)


def end_shard(world: World, chance: random.Random) -> str:
    """It has no slots, or gives some of them away first; sometimes an operator forgets that."""
    slots = [slot for slot, shard in enumerate(_owners(world)) if shard == NEW]
    message: Any = RetireRiskShard(NEW, "by chance")
    if slots and chance.random() < 0.6:
        last = next((slot for slot in slots if slot + 1 not in slots), slots[-1])
        message = MoveSlots(slots[0], last, NEW, chance.randrange(NEW), "it ends")
    world.operator.decide(message)
    return str(message)


def _owners(world: World) -> list[int]:
    """By slot, as somebody's control knows it: an operator may look at it late."""
    for process in world.processes:
        if process.name == "control/0" and process.shard is not None:
            domain: Any = to_look_at(process.shard.machine).domain
            owners: list[int] = domain.control.risk
            return owners
    return []


SHARDS: Mapping[str, Callable[[World, random.Random], str]] = {
    "add shard": add_shard,
    "end shard": end_shard,
}
