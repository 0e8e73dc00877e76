"""What an actor is told when it starts: names and addresses. Never a key, never the topology."""

from dataclasses import dataclass
from pathlib import Path

from bulkhead.files import read_secret
from bulkhead.machines.engines import Engine
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.runtime.steps import step_path
from bulkhead.topology.processes import Process
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
    shares_node: bool
    """whether its nodes are not its boundary's alone: then it goes to none that is another one's"""
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
