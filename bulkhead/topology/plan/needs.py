"""What a topology needs of machine and log, beside what they have."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bulkhead.topology import derived
from bulkhead.topology.access import accesses, destinations
from bulkhead.topology.models import Topology
from bulkhead.topology.placement import Grounds, Place
from bulkhead.topology.placing import HEAD
from bulkhead.topology.plan.steps import Held

RAY_MIB = 700
"""All of Ray's own processes, of an idle exchange, each page counted once (docs/performance.md, What an
exchange needs)."""
NODE_MIB = 260
"""Of a node that has joined, all but its actors, the same way."""
ACTOR_MIB = 70
"""One actor, the same way: the least that it takes. How much orders and accounts add is not in it."""
REPLICAS = {"none": 1, "standby": 2, "active": 2}
GRANT_BYTES = 60
"""Of one grant in the namespace's policies, its names apart: JSON around partition and role."""
POLICIES_BYTES_MAX = 1_048_575
"""All grants of a namespace are one value of Pulsar's metadata store, and ZooKeeper, its default, takes so
much in one (jute.maxbuffer). A store of another kind may take more; that was not tried.
"""
FRAME_BYTES_MAX = 5 * 1024 * 1024
"""A frame may be as long as Pulsar's default allows."""


class Machine(NamedTuple):
    """What this machine has."""

    memory_mib: int


class Need(NamedTuple):
    """How much of something, and how much there may be; `limit` None: nobody says."""

    name: str
    needed: int
    limit: int | None = None
    source: str = ""
    """where the limit comes from"""

    @property
    def met(self) -> bool:
        return self.limit is None or self.needed <= self.limit


def needs(topology: Topology, machine: Machine, bounds: Mapping[str, str]) -> list[Need]:
    """`bounds`: settings of the log's servers, by their names; {} where there are none."""
    return list(_needs(topology, machine, bounds))


def beyond(found: list[Need]) -> tuple[Held, ...]:
    """What passes its limit, as refusals."""
    return tuple(
        Held(
            need.name,
            f"{need.needed:,} are needed, and there may be {need.limit:,} ({need.source})",
            "ask for less, or raise the limit",
        )
        for need in found
        if not need.met
    )


def _needs(topology: Topology, machine: Machine, bounds: Mapping[str, str]) -> Iterator[Need]:
    topics = derived.topics(topology)
    partitions = sum(topic.partitions for topic in topics)
    yield Need("topics", len(topics))
    yield Need("partitions", partitions, *_bound(bounds, "maxTopicsPerNamespace"))
    largest = max(topic.partitions for topic in topics)
    yield Need("partitions of one topic", largest, *_bound(bounds, "maxNumPartitionsPerPartitionedTopic"))
    boundary_of = derived.boundary_of(topology)
    copies = {
        shard.name: REPLICAS[topology.boundaries[boundary_of[shard.name]].replicas]
        for shard in derived.shards(topology)
    }
    writers = _writers(topology, copies)
    yield Need("producers", sum(writers.values()))
    yield Need("producers of one partition", max(writers.values()), *_bound(bounds, "maxProducersPerTopic"))
    actors = sum(copies.values())
    yield Need("actors", actors)
    yield from _memory(topology, machine)
    yield Need("ticks per second", _ticked(topology) * 1000 // topology.clock.tick_ms)
    if topology.log.adapter == "pulsar" and "maxMessageSize" in bounds:
        yield Need(
            "bytes of one message",
            FRAME_BYTES_MAX,
            int(bounds["maxMessageSize"]),
            "the broker's maxMessageSize",
        )
    if topology.log.secured:
        yield Need(
            "bytes of grants", _grant_bytes(topology), POLICIES_BYTES_MAX, "one value of the metadata store"
        )


def _memory(topology: Topology, machine: Machine) -> Iterator[Need]:
    """Of the head against what this machine has; what other machines have their operators know."""
    on_node: dict[str, list[Place]] = {HEAD: []}
    for place in Grounds(topology).places.values():
        on_node.setdefault(place.node, []).append(place)
    here = "all that this machine has"
    idle = RAY_MIB + ACTOR_MIB * len(on_node[HEAD])
    yield Need("memory when idle, MiB", idle, machine.memory_mib, here)
    limited = [place.memory_mib for place in on_node.pop(HEAD) if place.memory_mib is not None]
    if limited:
        yield Need("memory that limits allow, MiB", RAY_MIB + sum(limited), machine.memory_mib, here)
    for node, there in on_node.items():
        yield Need(f"memory of {node} when idle, MiB", NODE_MIB + ACTOR_MIB * len(there))


def _bound(bounds: Mapping[str, str], setting: str) -> tuple[int | None, str]:
    """A broker's limit; 0 is none there."""
    limit = int(bounds.get(setting) or 0)
    return (limit, f"the broker's {setting}") if limit else (None, "")


def _writers(topology: Topology, copies: Mapping[str, int]) -> Counter[str]:
    """How many write to each partition: shards with their replicas, and participants."""
    writers: Counter[str] = Counter()
    for shard in derived.shards(topology):
        if shard.kind != "supervisor":
            own = (f"leases.{shard.name}", f"quarantine.{shard.name}") if shard.speaks else ()
            for partition in {*destinations(topology, shard), *own}:
                writers[partition] += copies[shard.name]
    owners = derived.slot_table(topology.shards.risk)
    for name in topology.participants:
        written = f"orders/{owners[derived.slot_of(name)]}"
        writers[f"{derived.ingress_topic(name)}/0" if topology.has_gateways else written] += 1
    return writers


def _ticked(topology: Topology) -> int:
    """Partitions that the clock writes to at every tick; itself and its dead letters are none."""
    shards = topology.shards
    return 1 + len(shards.risk.numbers) + len(shards.books) + len(shards.settlement.numbers)


def _grant_bytes(topology: Topology) -> int:
    """Counted, not written out: participants may have millions."""
    return sum(
        (len(access.produces) + len(access.consumes)) * (GRANT_BYTES + len(access.role))
        for access in accesses(topology)
    )
