"""Computers that are ill, in seeds whose machines raise: one process raises where no other does."""

import random
from collections.abc import Callable, Mapping

from bulkhead.domain.messages.quarantine import EventSkipped
from bulkhead.runtime.decisions import decisions_partition
from bulkhead.simulation.poison import Poison
from bulkhead.simulation.processes import Process
from bulkhead.simulation.replicas import ReplicaProcess, is_primary
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.world import World
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame

DIES_AFTER_US = (0, 1_500 * MS)
"""From its decision on: before its replicas compare the next mark, which would tell them of it."""
TAKES_OVER_US = (0, MS // 2)
"""It takes about as long to decide."""
LATE_EACH = 2
"""Of so many superseded decisions one is so late on its way …"""
LATE_US = (500 * MS, 5_000 * MS)
"""… that whoever takes over has claimed, and passed the event, before it is in the log."""


def _poison(world: World) -> Poison:
    if world.poison is None:
        raise ValueError("nobody is ill in a seed whose machines never raise")
    return world.poison


def _one_of(found: list[Process], chance: random.Random) -> Process | None:
    return chance.choice(found) if found else None


def _living(world: World) -> list[Process]:
    return [process for process in world.processes if process.state != "halted"]


def shake(world: World, chance: random.Random) -> str:
    """One process raises, once, where it would not again."""
    process = _one_of(_living(world), chance)
    if process is None:
        return "nobody"
    _poison(world).shake(process.party)
    return process.party


def sicken(world: World, chance: random.Random) -> str:
    """One process raises again and again where no other does."""
    process = _one_of(_living(world), chance)
    if process is None:
        return "nobody"
    _poison(world).sicken(process.party)
    return process.party


def sicken_to_death(world: World, chance: random.Random) -> str:
    """A primary that is sick decides, and dies: its heir, which did not raise, has to find that out."""
    process = _one_of([each for each in _living(world) if is_primary(each)], chance)
    if process is None:
        return "nobody"

    def die() -> None:
        world.network.forget(decides)
        process.kill()

    def decides() -> None:
        world.schedule.after(chance.randint(*DIES_AFTER_US), die)

    _poison(world).sicken(
        process.party, lambda: world.network.listen(decisions_partition(process.name), decides)
    )
    return process.party


def sicken_superseded(world: World, chance: random.Random) -> str:
    """A primary is sick, and just as it decides another takes over, which it does not know: what it decides
    then does not count. Often what it decides arrives when the other has long gone on.
    """
    process = _one_of([each for each in _living(world) if is_primary(each)], chance)
    if process is None:
        return "nobody"

    def supersede() -> None:
        for other in world.processes:
            if isinstance(other, ReplicaProcess) and other.name == process.name and not other.primary:
                other.suspect()

    if chance.randrange(LATE_EACH):
        _poison(world).sicken(
            process.party, lambda: world.schedule.after(chance.randint(*TAKES_OVER_US), supersede)
        )
        return process.party
    way, late_us = (process.party, decisions_partition(process.name)), chance.randint(*LATE_US)

    def hold(frame: bytes) -> int:
        if not any(isinstance(decode(event), EventSkipped) for event in read_frame(frame).events):
            return 0  # its claim
        del world.network.holds[way]
        world.schedule.after(chance.randint(*TAKES_OVER_US), supersede)
        return late_us

    world.network.holds[way] = hold
    _poison(world).sicken(process.party)
    return f"{process.party}, late by {late_us / S:.1f} s"


ILLNESS: Mapping[str, Callable[[World, random.Random], str]] = {
    "shake": shake,
    "sicken": sicken,
    "sicken to death": sicken_to_death,
    "sicken superseded": sicken_superseded,
}
