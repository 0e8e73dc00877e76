"""Where each process of an exchange is placed: it follows from the topology alone, so that a plan and a blast
radius can say it before anything runs.

A process is pinned to one node; where its boundary names a zone, the zone's other nodes stand in while that
one is away. The nodes of two replicas never overlap, unless there is only one: they stay apart whatever is
restarted where, without asking each other.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bulkhead.topology.derived import boundary_of
from bulkhead.topology.models import Boundary, Topology
from bulkhead.topology.placing import HEAD, Node
from bulkhead.topology.processes import Process

REPLICAS = {"none": ("a",), "standby": ("a", "b"), "active": ("a", "b")}
"""The names of a shard's processes, by what the topology says of its boundary."""


class Place(NamedTuple):
    """Where a process is, and what it may use there."""

    boundary: str
    node: str
    others: tuple[str, ...] = ()
    """where it is restarted while that node is away, in no order"""
    memory_mib: int | None = None
    cpus: int | None = None
    first_cpu: int = 0
    """how many cores were given to processes before it: the next ones are its own, as far as there are"""

    def __str__(self) -> str:
        parts = [f"{self.node} (or {', '.join(self.others)})" if self.others else self.node]
        if self.memory_mib is not None:
            parts.append(f"{self.memory_mib:,} MiB")
        if self.cpus is not None:
            parts.append(f"{self.cpus} core{'s' if self.cpus > 1 else ''}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Grounds:
    """The nodes of one topology, and what is on them."""

    topology: Topology

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every node by name, the head first."""
        listed = {} if self.topology.placement is None else self.topology.placement.nodes
        return {HEAD: Node(), **listed}

    @cached_property
    def zones(self) -> dict[str, tuple[str, ...]]:
        """Every zone by name, with its nodes."""
        found: dict[str, list[str]] = {}
        for name, node in self.nodes.items():
            if node.zone is not None:
                found.setdefault(node.zone, []).append(name)
        return {zone: tuple(names) for zone, names in found.items()}

    @cached_property
    def inside(self) -> dict[str, tuple[str, ...]]:
        """Boundary -> its shards."""
        found: dict[str, list[str]] = {name: [] for name in self.topology.boundaries}
        for shard, boundary in boundary_of(self.topology).items():
            found[boundary].append(shard)
        return {name: tuple(shards) for name, shards in found.items()}

    @cached_property
    def owners(self) -> dict[str, str]:
        """Node -> the boundary that has it for itself."""
        found: dict[str, str] = {}
        for name, boundary in self.topology.boundaries.items():
            claimed: tuple[str, ...] = ()
            if boundary.isolation == "node":
                claimed = boundary.nodes or ()
            elif boundary.isolation == "zone":
                claimed = tuple(node for zone in boundary.zones or () for node in self.zones.get(zone, ()))
            for node in claimed:
                found.setdefault(node, name)
        return found

    def candidates(self, boundary_id: str, replica: str) -> tuple[str, ...]:
        """The nodes that a boundary's replica may be on; none where all of its zone belong to others."""
        boundary = self.topology.boundaries[boundary_id]
        if boundary.nodes is not None:
            return (named(boundary.nodes, replica),)
        if boundary.zones is None:
            return (HEAD,)
        zone = named(boundary.zones, replica)
        there = [node for node in self.zones[zone] if self.owners.get(node, boundary_id) == boundary_id]
        if len(there) > 1 and _shared(boundary, zone):
            there = there["ab".index(replica) :: 2]
        return tuple(there)

    @cached_property
    def places(self) -> dict[Process, Place]:
        """Every process of a valid topology, the supervisor included, in the order in which they are started.

        Within a zone each goes to the node that has the fewest so far.
        """
        crowd: Counter[str] = Counter()
        cores: Counter[str] = Counter()
        found: dict[Process, Place] = {}
        for process, boundary_id in self._processes():
            boundary = self.topology.boundaries[boundary_id]
            there = self.candidates(boundary_id, process.replica)
            node = min(there, key=lambda each: crowd[each])
            crowd[node] += 1
            others = tuple(each for each in there if each != node)
            found[process] = Place(boundary_id, node, others, boundary.memory_mib, boundary.cpus, cores[node])
            cores[node] += boundary.cpus or 0
        return found

    def _processes(self) -> Iterator[tuple[Process, str]]:
        """Every process with its boundary."""
        for shard, boundary_id in boundary_of(self.topology).items():
            for replica in REPLICAS[self.topology.boundaries[boundary_id].replicas]:
                yield Process(shard, replica), boundary_id


def named(written: tuple[str, ...], replica: str) -> str:
    """Which of one or two nodes, or zones, is a replica's."""
    return written[-1 if replica == "b" else 0]


def _shared(boundary: Boundary, zone: str) -> bool:
    """Whether both replicas are in that zone."""
    written = boundary.zones or ()
    return boundary.replicas != "none" and {*written} == {zone}
