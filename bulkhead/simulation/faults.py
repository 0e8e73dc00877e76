"""What befalls an exchange: each takes the world and a chance of its own, and says in words what it did."""

import random
from collections.abc import Callable, Mapping

from bulkhead.machines.factory import input_partition
from bulkhead.simulation.illness import ILLNESS
from bulkhead.simulation.ingress import GATEWAY_STEPS
from bulkhead.simulation.intruder import intrude
from bulkhead.simulation.power import power_loss
from bulkhead.simulation.processes import STEPS, Process
from bulkhead.simulation.replicas import ReplicaProcess, is_following, is_primary
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.stretch import lose_a_stretch
from bulkhead.simulation.usurper import usurp
from bulkhead.simulation.world import World
from bulkhead.topology import derived

LASTS_US = (100 * MS, 20 * S)
"""of a fault that ends by itself"""
STRANDED_US = (10 * S, 40 * S)
"""Time for its replicas to reach a snapshot of their own."""


def _some(world: World, chance: random.Random) -> Process | None:
    living = [process for process in world.processes if process.state != "halted"]
    return chance.choice(living) if living else None


def crash(world: World, chance: random.Random) -> str:
    process = _some(world, chance)
    if process is None:
        return "nobody"
    world.crashes += 1
    step = chance.randrange(len(STEPS) + 1)
    process.die(step)
    return f"{process.name}#{process.number} after {STEPS[step - 1] if step else 'nothing'}"


def crash_together(world: World, chance: random.Random) -> str:
    return ", ".join(crash(world, chance) for _ in range(chance.randint(2, 5)))


def sleep(world: World, chance: random.Random) -> str:
    process = _some(world, chance)
    if process is None:
        return "nobody"
    for_us = chance.randint(*LASTS_US)
    process.asleep = True
    world.schedule.after(for_us, process.rise)
    return f"{process.name}#{process.number} for {for_us / S:.1f} s"


def slow(world: World, chance: random.Random) -> str:
    process = _some(world, chance)
    if process is None:
        return "nobody"
    process.slow = chance.choice((10, 100, 1000))

    def recover() -> None:
        process.slow = 1

    world.schedule.after(chance.randint(*LASTS_US), recover)
    return f"{process.name}#{process.number} {process.slow} times"


def double(world: World, chance: random.Random) -> str:
    """A second process of a shard that has one: a wrong suspicion. The first goes on for a while."""
    first = _some(world, chance)
    if first is None:
        return "nobody"
    world.start(first.name, first.replica)
    world.schedule.after(chance.randint(*LASTS_US), first.kill)
    return f"{first.name}#{first.number}"


def hand_over(world: World, chance: random.Random) -> str:
    """A primary, at any moment, as a change of the topology replaces it."""
    leading = [each for each in world.processes if each.state == "running" and not is_following(each)]
    if not leading or world.schedule.now_us < world.supervisor.away_until_us:
        return "nobody"
    followed = [each for each in leading if each.name in world.replication]
    process = chance.choice(followed or leading)
    world.supervisor.replace(process)
    return process.party


def crash_all_replicas(world: World, chance: random.Random) -> str:
    name = chance.choice(list(world.names))
    mine = [each for each in world.processes if each.name == name and each.state != "halted"]
    for process in mine:
        process.die(chance.randrange(len(STEPS) + 1))
    return name


def crash_gateway(world: World, chance: random.Random) -> str:
    """The process of one that forwards, between two steps of its gateway."""
    forwarding = [each for each in world.processes if each.forwards]
    if not forwarding:
        return "nobody"
    world.crashes += 1
    process, step = chance.choice(forwarding), chance.randrange(len(GATEWAY_STEPS) + 1)
    process.die_in_gateway(step)
    return f"{process.party} after {GATEWAY_STEPS[step - 1] if step else 'nothing'}"


def _partitions(world: World) -> list[str]:
    topics = derived.topics(world.topology)
    return [f"{topic.name}/{number}" for topic in topics for number in range(topic.partitions)]


def _replica(world: World, chance: random.Random) -> ReplicaProcess | None:
    """One that runs and follows."""
    found = [
        each
        for each in world.processes
        if isinstance(each, ReplicaProcess) and each.state == "running" and not each.primary
    ]
    return chance.choice(found) if found else None


def suspect(world: World, chance: random.Random) -> str:
    replica = _replica(world, chance)
    if replica is None:
        return "nobody"
    replica.suspect()
    return f"{replica.party} takes its primary for dead"


def flip(world: World, chance: random.Random) -> str:
    replica = _replica(world, chance)
    if replica is None or world.replication[replica.name].sends:
        return "nobody"
    world.flipped.append(replica)
    return f"{replica.party} has another {replica.flip(chance)}"


def cut_hearts(world: World, chance: random.Random) -> str:
    """All replicas of a shard take each other for dead, and trade on."""
    if not world.replication:
        return "nobody"
    name = chance.choice(list(world.replication))
    mine = [each.party for each in world.processes if each.name == name]
    cut = {frozenset((one, other)) for one in mine for other in mine if one != other}
    world.hearts.cut |= cut

    def mend() -> None:
        world.hearts.cut -= cut

    world.schedule.after(chance.randint(*LASTS_US), mend)
    return name


def stale_snapshots(world: World, chance: random.Random) -> str:
    world.store.stale += chance.randint(1, 3)
    return str(world.store.stale)


def cut(world: World, chance: random.Random) -> str:
    process = _some(world, chance)
    if process is None:
        return "nobody"
    party, partitions = process.party, _partitions(world)
    cut = {(party, name) for name in chance.sample(partitions, chance.randint(1, len(partitions)))}
    world.network.cut |= cut

    def mend() -> None:
        world.network.cut -= cut
        process.wake()

    world.schedule.after(chance.randint(*LASTS_US), mend)
    return f"{party} from {len(cut)} partitions"


def refuse(world: World, chance: random.Random) -> str:
    partitions = [f"{topic.name}/0" for topic in derived.topics(world.topology)]
    refusing = set(chance.sample(partitions, chance.randint(1, 4)))
    world.network.refusing |= refusing

    def mend() -> None:
        world.network.refusing -= refusing

    world.schedule.after(chance.randint(*LASTS_US), mend)
    return ", ".join(sorted(refusing))


def reconnect(world: World, chance: random.Random) -> str:
    process = _some(world, chance)
    if process is None or chance.random() < 0.3:
        who = chance.choice(world.participants)
        who.reconnect()
        return who.participant_id
    process.reconnect()
    return f"{process.name}#{process.number}"


def store_away(world: World, chance: random.Random) -> str:
    world.store.away = True

    def come_back() -> None:
        world.store.away = False

    world.schedule.after(chance.randint(*LASTS_US), come_back)
    return ""


def tear(world: World, chance: random.Random) -> str:
    world.store.tear += chance.randint(1, 3)
    return str(world.store.tear)


def lose_snapshots(world: World, chance: random.Random) -> str:
    return world.store.lose()


def supervisor_away(world: World, chance: random.Random) -> str:
    for_us = chance.randint(*LASTS_US)
    world.supervisor.go_away(for_us)
    return f"for {for_us / S:.1f} s"


def clock_stalls(world: World, chance: random.Random) -> str:
    world.clock.stall(chance.randint(*LASTS_US))
    return ""


def clock_jumps(world: World, chance: random.Random) -> str:
    by_ms = chance.choice((-5_000, -100, 100, 5_000, 3_600_000))
    world.clock.jump(by_ms)
    return f"by {by_ms} ms"


def clock_restarts(world: World, chance: random.Random) -> str:
    world.clock.restart()
    return ""


def crash_at_snapshot(world: World, chance: random.Random) -> str:
    """Right after it has taken one: what it believes to be over has to be."""
    process = _some(world, chance)
    if process is None:
        return "nobody"
    world.crashes += 1
    process.die_at_snapshot()
    return process.party


def strand(world: World, chance: random.Random) -> str:
    """A primary can't send what its replicas know, and then all of them die."""
    if not world.replication:
        return "nobody"
    name = chance.choice(list(world.replication))
    mine = [each for each in world.processes if each.name == name and each.state != "halted"]
    partitions = [each for each in _partitions(world) if each != input_partition(name)]
    cut = {(each.party, partition) for each in mine for partition in partitions if is_primary(each)}
    world.network.cut |= cut

    def end() -> None:
        for process in mine:
            process.kill()
        world.network.cut -= cut

    world.schedule.after(chance.randint(*STRANDED_US), end)
    return name


FAULTS: Mapping[str, Callable[[World, random.Random], str]] = {
    "crash": crash,
    "crash together": crash_together,
    "crash at snapshot": crash_at_snapshot,
    "crash gateway": crash_gateway,
    "strand": strand,
    "sleep": sleep,
    "slow": slow,
    "double": double,
    "hand over": hand_over,
    "crash all replicas": crash_all_replicas,
    "suspect": suspect,
    "flip": flip,
    "cut hearts": cut_hearts,
    "stale snapshots": stale_snapshots,
    "cut": cut,
    "refuse": refuse,
    "reconnect": reconnect,
    "store away": store_away,
    "tear": tear,
    "lose snapshots": lose_snapshots,
    "supervisor away": supervisor_away,
    "clock stalls": clock_stalls,
    "clock jumps": clock_jumps,
    "clock restarts": clock_restarts,
    "power loss": power_loss,
    "lose a stretch": lose_a_stretch,
    "usurp": usurp,
    "intrude": intrude,
    **ILLNESS,
}
