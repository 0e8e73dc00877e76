"""What an actor is told when it starts: names and addresses. Never a key, never the topology."""

from dataclasses import dataclass
from pathlib import Path

from bulkhead.installation.keys import read_secret
from bulkhead.installation.state import Installation
from bulkhead.machines.engines import Engine, chosen
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.runtime.steps import step_path
from bulkhead.topology import derived
from bulkhead.topology.access import destinations, shard_role
from bulkhead.topology.models import Topology
from bulkhead.topology.placement import REPLICAS, Grounds, Place, Process
from bulkhead.views.machine import view_machine_name

ACCOUNTS = "orders/"
"""The partitions of risk shards: a view of accounts follows them with mirrors of these shards."""


@dataclass(frozen=True)
class Launch:
    shard: str
    replica: str
    """a letter: of the only process of the shard, or the first one, an a"""
    replicas: str
    """as in the topology: none, standby or active"""
    suspect_after_s: float
    """so long a primary may be silent before another replica takes over"""
    boundary: str
    nodes: tuple[str, ...]
    """where it is to be, by their names: on the first, on others while that one is away; none: anywhere"""
    memory_mib: int | None
    """so much memory its process may have"""
    cpus: int | None
    """on so many cores its process may run"""
    first_cpu: int
    """so many of a node's cores were given to others before it"""
    partitions: tuple[str, ...]
    """that it consumes: one, or several for a view"""
    destinations: tuple[str, ...]
    """partitions that it may speak to"""
    title: str
    """for people: the shard with its instruments"""
    exchange_id: str
    genesis_id: str
    mac_key_path: str
    log_address: str
    snapshots_address: str
    views_address: str
    """where views write; empty: they only answer"""
    steps_folder: str
    """where each machine tells the step of its loop"""
    engine: Engine
    """what computes its machine, where there is a choice"""
    every_events: int
    every_ticks: int
    tick_ms: int
    in_pods: bool = False
    """whether its nodes are pods of Kubernetes, which no operator joins by hand"""

    @property
    def kind(self) -> str:
        return self.shard.split("/")[0]

    @property
    def actor(self) -> str:
        """The name of its actor."""
        return Process(self.shard, self.replica).name

    @property
    def machines(self) -> tuple[str, ...]:
        """The names of its machines: one for everything but a view.

        A view of accounts has mirrors of the risk shards', under their names.
        """
        if self.kind != "view":
            return (self.shard,)
        return tuple(
            partition.replace(ACCOUNTS, "risk/")
            if partition.startswith(ACCOUNTS)
            else view_machine_name(self.shard, partition)
            for partition in self.partitions
        )

    def step_path(self, machine: str) -> Path:
        """Where one of its machines tells the step of its loop; a mirror apart from whom it follows."""
        if self.kind == "view" and machine.startswith("risk/"):
            return step_path(Path(self.steps_folder), f"{self.shard}-{machine}")
        return step_path(Path(self.steps_folder), self.actor if self.kind != "view" else machine)

    def identity(self) -> Identity:
        return Identity(
            self.exchange_id, bytes.fromhex(self.genesis_id), read_secret(Path(self.mac_key_path))
        )

    def policy(self) -> SnapshotPolicy:
        return SnapshotPolicy(self.every_events, self.every_ticks)


def launches(installation: Installation, genesis_id: bytes) -> list[Launch]:
    """Every actor of the topology but the supervisor, in the order in which they are started."""
    topology = installation.topology
    places = Grounds(topology).places
    boundaries = derived.boundary_of(topology)
    return [
        Launch(
            shard=shard.name,
            replica=replica,
            replicas=topology.boundaries[boundaries[shard.name]].replicas,
            suspect_after_s=topology.boundaries[boundaries[shard.name]].suspect_after_ms / 1000,
            boundary=boundaries[shard.name],
            nodes=placed_on(topology, place := places[Process(shard.name, replica)]),
            memory_mib=place.memory_mib,
            cpus=place.cpus,
            first_cpu=place.first_cpu,
            partitions=shard.reads,
            destinations=destinations(topology, shard),
            title=_title(installation, shard, replica),
            exchange_id=topology.exchange,
            genesis_id=genesis_id.hex(),
            mac_key_path=str(installation.mac_key_path),
            log_address=installation.log_address_of(shard_role(topology.exchange, shard.name)),
            snapshots_address=installation.snapshots_address,
            views_address=installation.views_address,
            steps_folder=str(installation.steps_directory),
            engine=chosen(installation.engine or derived.engine_of(topology, shard.name, replica)),
            every_events=topology.snapshots.every_events,
            every_ticks=topology.snapshots.every_ticks,
            tick_ms=topology.clock.tick_ms,
        )
        for shard in derived.shards(topology)
        if shard.kind != "supervisor"
        for replica in REPLICAS[topology.boundaries[boundaries[shard.name]].replicas]
    ]


def placed_on(topology: Topology, place: Place) -> tuple[str, ...]:
    """The nodes of a process; none where there is only one, which needs no name."""
    return () if topology.placement is None else (place.node, *place.others)


def engines_of(installation: Installation) -> set[str | None]:
    """What was chosen for its shards; None: what is there."""
    if installation.engine is not None:
        return {installation.engine}
    topology = installation.topology
    return {
        derived.engine_of(topology, shard.name, replica)
        for shard in derived.shards(topology)
        for replica in ("a", "b")
    }


def _title(installation: Installation, shard: derived.Shard, replica: str) -> str:
    name = Process(shard.name, replica).name
    if shard.kind != "book":
        return name
    return f"{name} {' '.join(installation.topology.shards.books[shard.index].instruments)}"
