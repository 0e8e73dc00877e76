"""A stretch of a partition is lost before anybody has read it: its reader stands before a hole then."""

import random

from bulkhead.machines.factory import input_partition
from bulkhead.simulation.changing_shards import known_to_control
from bulkhead.simulation.evidence import verifier_of
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import IDENTITY, TOPOLOGY
from bulkhead.simulation.world import World, machine_names
from bulkhead.wire.frame import Frame, Unreadable

KINDS = ("book/", "risk/", "settlement/")
"""of shards that lose something"""
DOWN_US = (1_000 * MS, 15 * S)
FRAMES_MAX = 12


def lose_a_stretch(world: World, chance: random.Random) -> str:
    """A shard is down for a while, and of what others say to it meanwhile the newest is lost. What
    participants say stays: their programs would send it again.
    """
    assert world.repairer is not None  # in its seeds only
    name = chance.choice(repairable(world))
    for process in list(world.processes):
        if process.name == name:
            process.kill()
    records = world.network.partition(input_partition(name)).records
    read, down_us, frames_max = len(records), chance.randint(*DOWN_US), chance.randint(1, FRAMES_MAX)
    world.supervisor.hold_back(name, 2 * down_us)
    repairer = world.repairer

    def lose() -> None:
        if any(process.name == name for process in world.processes):
            return  # it is there sooner than it should be, and may have read everything
        count = 0
        while count < frames_max and len(records) > read and a_shards_frame(world, name, records[-1].frame):
            records.pop()
            count += 1
        repairer.damaged[name] += count
        world.say(f"{name} will miss {count} frames")

    world.schedule.after(down_us, lose)
    return f"{name} is down for {2 * down_us / S:.1f} s"


def repairable(world: World) -> list[str]:
    """Shards that an operator can lead on: control knows them. One that was added does not end meanwhile: it
    has slots, and halted it can't give them away.
    """
    there = set(machine_names(TOPOLOGY))  # founded with
    control = known_to_control(world)
    if control is not None:
        there |= {f"risk/{number}" for number in control.risk}
        there |= {f"settlement/{number}" for number in control.settlement}
        there |= {f"book/{number}" for number in control.instruments.values()}
    return [name for name in world.names if name.startswith(KINDS) and name in there]


def a_shards_frame(world: World, reader: str, data: bytes) -> Frame | None:
    """A frame of the reader's partition, read; None: it is of nobody who is a shard."""
    try:
        frame = verifier_of(IDENTITY, input_partition(reader)).check(data)
    except Unreadable:
        return None
    return frame if frame.source in world.names else None
