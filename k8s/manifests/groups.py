"""Which pods an exchange has: one for each boundary, two where its shards have replicas.

Each is a worker group of its own in the RayCluster, of one pod: pods of one group are all alike to Ray, which
could not put one replica here and the other there.
"""

from dataclasses import dataclass

from bulkhead.topology.derived import ShardKind, boundary_of, shards
from bulkhead.topology.models import Boundary, Topology
from bulkhead.topology.placement import REPLICAS, named
from bulkhead.topology.pods import label_of, node_of

SUPERVISOR = "supervisor"
VIEWS_ONLY: set[ShardKind] = {"view", "supervisor"}


@dataclass(frozen=True, slots=True)
class Group:
    """One pod: `shards` by name, of each the one `replica`, a or b. `holds`: it has the supervisor too, and
    the process that founds the exchange and tells its health.
    """

    name: str
    """of the worker group, and of the Ray node: the boundary's, and the replica's where there are two"""
    boundary_id: str
    boundary: Boundary
    replica: str
    shards: list[str]
    kinds: set[ShardKind]
    holds: bool

    @property
    def label(self) -> str:
        return label_of(self.boundary_id)

    @property
    def node(self) -> str | None:
        """The one node that it may be on; None: any."""
        nodes = self.boundary.nodes
        return None if nodes is None else named(nodes, self.replica)

    @property
    def zone(self) -> str | None:
        """The one zone that it may be in; None: any."""
        zones = self.boundary.zones
        return None if zones is None else named(zones, self.replica)

    @property
    def trades(self) -> bool:
        """Whether anybody's orders wait while it is away."""
        return not self.kinds <= VIEWS_ONLY


def groups(topology: Topology) -> list[Group]:
    """By the boundaries' order in the topology, the first replica first."""
    inside = boundary_of(topology)
    every = shards(topology)
    return [
        Group(
            name=node_of(topology, boundary_id, replica),
            boundary_id=boundary_id,
            boundary=boundary,
            replica=replica,
            shards=[shard.name for shard in every if inside[shard.name] == boundary_id],
            kinds={shard.kind for shard in every if inside[shard.name] == boundary_id},
            holds=inside[SUPERVISOR] == boundary_id,
        )
        for boundary_id, boundary in topology.boundaries.items()
        for replica in REPLICAS[boundary.replicas]
    ]
