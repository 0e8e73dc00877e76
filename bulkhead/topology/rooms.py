"""What each boundary has for itself on the nodes of an exchange: follows from the topology alone.

A room is there so that nobody else is given it, also while no process of the boundary is. Processes are
placed without it (placement.py): none waits for a room, and none ends with one.
"""

from collections import Counter
from dataclasses import dataclass

from bulkhead.topology.models import Topology
from bulkhead.topology.placement import Grounds


@dataclass(frozen=True)
class Room:
    """Of one boundary on one node."""

    boundary: str
    node: str
    whole: bool
    """whether the node is no other boundary's"""
    memory_mib: int = 0
    """what the limits of its processes there add up to; 0: they have none, or the node says of none what it
    has"""
    cpus: int = 0
    """so many cores, likewise"""

    @property
    def has(self) -> str:
        """For people."""
        parts = ["the whole node"] * self.whole
        if self.memory_mib:
            parts.append(f"{self.memory_mib:,} MiB")
        if self.cpus:
            parts.append(f"{self.cpus} core{'s' if self.cpus > 1 else ''}")
        return ", ".join(parts)


def rooms(topology: Topology) -> tuple[Room, ...]:
    """In the order of the nodes. None where there is only one machine, nor for a boundary on a node where it
    claims nothing.

    Of a zone, limits are reserved on the node where a process is wanted, not on those that stand in.
    """
    if topology.placement is None:
        return ()
    grounds = Grounds(topology)
    memory: Counter[tuple[str, str]] = Counter()
    cpus: Counter[tuple[str, str]] = Counter()
    for place in grounds.places.values():
        memory[place.boundary, place.node] += place.memory_mib or 0
        cpus[place.boundary, place.node] += place.cpus or 0
    found = (
        Room(
            name,
            node,
            grounds.owners.get(node) == name,
            0 if has.memory_mib is None else memory[name, node],
            0 if has.cpus is None else cpus[name, node],
        )
        for node, has in grounds.nodes.items()
        for name in topology.boundaries
    )
    return tuple(room for room in found if room.whole or room.memory_mib or room.cpus)
