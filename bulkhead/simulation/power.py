"""Power cuts: every process dies, and partitions lose their ends.

Nobody is given a stale snapshot afterwards, taken within what is left, while a newer one lies beyond: that
would be another fault of the store, not the cut.
"""

import random

from bulkhead.log.names import decode_offset
from bulkhead.machines.factory import input_partition
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.world import World

TAIL_FRAMES_MAX = 6
"""what a partition loses at most, where all lose something"""
OVERLAP_FRAMES = (1, 3)
"""What a partition loses of what its reader's newest snapshot covers, where it is to be filled again."""
READER_AWAY_US = (2_500 * MS, 30 * S)
"""Others are back after 1.5 s, and say again what they said since their snapshots."""


def power_loss(world: World, chance: random.Random) -> str:
    """Each partition loses another part of its end; or few do, which is the harder to notice; or one loses
    what its reader has a snapshot of, and others fill it again before that reader is back.
    """
    kind = chance.choice(("all", "few", "filled again"))
    for process in list(world.processes):
        process.kill(power=True)
    lost = _lose_what_is_covered(world, chance) if kind == "filled again" else {}
    if not lost:
        lost = world.network.lose_tails(kind == "few", TAIL_FRAMES_MAX)
    world.store.stale = 0
    for who in world.participants:
        who.crash()
    world.operator.open()
    world.clock.restart()
    return str(lost)


def _lose_what_is_covered(world: World, chance: random.Random) -> dict[str, int]:
    """One partition's newest frames; empty where nobody has a snapshot. Its reader comes back late."""
    covered = {}
    for name in world.names:
        snapshot = world.store.kept_newest(name)
        if snapshot is not None and snapshot.position is not None:
            partition = input_partition(name)
            covered[name] = decode_offset(snapshot.position, partition)
    if not covered:
        return {}
    name = chance.choice(sorted(covered))
    partition = input_partition(name)
    records = world.network.partition(partition).records
    left = max(covered[name] - chance.randint(*OVERLAP_FRAMES), 0)
    lost = len(records) - left
    del records[left:]
    world.supervisor.hold_back(name, chance.randint(*READER_AWAY_US))
    return {partition: lost}
