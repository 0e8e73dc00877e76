"""What every kind of shard's actor does: hosts the loop, answers status while it works."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from actors.build import own_build
from actors.launch import Launch
from actors.placement import hold, own_address, own_node
from bulkhead.log.lease import lease_partition
from bulkhead.log.open import open_log
from bulkhead.log.port import Lease, Log
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.machines.interface import Machine
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.heartbeat import LOOPBACK, Heart
from bulkhead.runtime.host import Companion, ShardHost
from bulkhead.runtime.mirror import Mirror
from bulkhead.runtime.saver import SaverAside
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.steps import StepFile
from bulkhead.snapshots.open import open_snapshots


class Sequences(NamedTuple):
    """How far the streams of one machine are: last sequences."""

    machine: str
    inputs: dict[str, int]
    """by source"""
    outputs: dict[str, int]
    """by destination partition"""


class ShardActor:
    """One shard in a process of its own. The loop runs in a thread, so calls are answered at any time."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        own_build()  # now: what is installed later is not what runs here
        hold(launch)
        self._node = own_node() if launch.nodes else ""
        address = own_address() if launch.nodes else LOOPBACK
        self._heart = Heart(address) if launch.kind != "view" else None
        """of every shard that speaks: a replica may join it later"""
        self._hosts = [self._host(name, make) for name, make in self._machines()]
        for host in self._hosts:
            host.start()
        if self._heart is not None:
            self._heart.start(self._hosts[0].beats)

    def __repr__(self) -> str:
        return self._launch.title  # read once, by Ray's dashboard and in front of log lines

    def _machines(self) -> list[tuple[str, Callable[[], Machine]]]:
        """The machines that it hosts, by name: one for everything but a view."""
        shard = self._launch.shard
        return [(shard, lambda: make_machine(shard, self._launch.engine))]

    def _host(self, name: str, make: Callable[[], Machine]) -> ShardHost:
        return ShardHost(
            name,
            input_partition(name),
            self._build(name, make),
            self._companion(),
            self._launch.suspect_after_s,
            alone=self._launch.replicas == "none",
            leaves=self._heart.close if self._heart is not None else lambda: None,
        )

    def _companion(self) -> Callable[[Shard], Companion] | None:
        """What makes something that runs beside the loop."""
        return None

    def _build(
        self, name: str, make: Callable[[], Machine], kind: type[Shard] = Shard
    ) -> Callable[[], Shard]:
        """Built again, on the same log, when its machine has raised or a replica was superseded."""
        log: Log | None = None

        def build() -> Shard:
            nonlocal log
            launch = self._launch  # as it was told last
            if log is None:
                log = open_log(launch.log_address)
            snapshots = open_snapshots(launch.snapshots_address)
            tell, saver = StepFile(launch.step_path(name)).tell, SaverAside(snapshots, name)
            identity, policy, lease = launch.identity(), launch.policy(), self._lease(log, name)
            decides = lease is not None or kind is Mirror  # a mirror reads what its shard has decided
            decisions = Decisions(log, identity, name, now_us) if decides else None
            first = (make(), input_partition(name), identity, log, snapshots, policy, now_us, launch.replica)
            last = (saver, tell, decisions, launch.destinations)
            if lease is None:  # a view, which has no replicas
                return kind(*first, lease, *last)
            return Follower(
                *first, lease, launch.replicas == "active", *last, leads=launch.replicas == "none"
            )

        return build

    def _lease(self, log: Log, name: str) -> Lease | None:
        """Which process is the shard is decided by it."""
        return log.lease(lease_partition(name), self._holder())

    def _holder(self) -> str:
        """What others are told of who has the lease, and where it can be listened to."""
        assert self._heart is not None  # a view, which has none, holds no lease
        return self._heart.name

    def adapt(self, launch: Launch) -> None:
        """Go on as this says: another kind of replicas, another suspicion, other destinations. All else that
        it may say takes another process.
        """
        self._launch = launch
        for host in self._hosts:
            host.alone = launch.replicas == "none"
            host.ask(partial(_adapt, launch, host))

    def status(self) -> dict[str, Any]:
        """The process, its build, the node that it is on (empty: the only one), and each machine in it; never
        waits for the loop.
        """
        return {
            "pid": os.getpid(),
            "build": own_build(),
            "node": self._node,
            "machines": [host.status() for host in self._hosts],
        }

    def inspect(self) -> list[dict[str, Any]]:
        """Per machine its status, and, taken between two steps of its loop: position, state digest, last
        sequence by source, last sequence and digest by destination.
        """
        return [{**host.status(), **host.ask(_inspect)} for host in self._hosts]

    def save(self) -> list[int]:
        """Have each machine take a snapshot of now, or later: how many events it is to cover. It is durable
        when the status says that as many are saved.
        """
        return [host.ask(_want_snapshot) for host in self._hosts]

    def sequences(self) -> list[Sequences]:
        """Per machine how far its streams are: inspect without the digests, which cost a whole snapshot."""
        return [host.ask(_sequences) for host in self._hosts]

    def stop(self) -> None:
        """End the loops between two steps; of a primary with the lease offered, so that its standby takes
        over at once. The process stays until it is told to exit.
        """
        for host in self._hosts:
            host.stop()
        if self._heart is not None:
            self._heart.close()

    def __ray_shutdown__(self) -> None:
        self.stop()


def now_us() -> int:
    return time.time_ns() // 1000


def _adapt(launch: Launch, host: ShardHost, shard: Shard) -> None:
    shard.destinations = launch.destinations
    host.suspect_after(launch.suspect_after_s)
    if isinstance(shard, Follower):
        shard.send_along(launch.replicas == "active")


def _inspect(shard: Shard) -> dict[str, Any]:
    machine = shard.machine
    streams = machine.streams()
    return {
        "shard": machine.name,
        "position": shard.position.hex() if shard.position else "",
        "events": machine.events_applied,
        "digest": machine.digest().hex(),
        "inputs": streams.inputs,
        "outputs": {
            name: {"sequence": last, "digest": digest} for name, (last, digest) in streams.outputs.items()
        },
    }


def _want_snapshot(shard: Shard) -> int:
    return shard.want_snapshot()


def _sequences(shard: Shard) -> Sequences:
    streams = shard.machine.streams()
    outputs = {destination: last for destination, (last, _) in streams.outputs.items()}
    return Sequences(shard.machine.name, streams.inputs, outputs)
