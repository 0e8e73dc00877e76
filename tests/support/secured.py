"""An exchange on a secured broker in one thread: every shard under its own role, stepped by a test."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from bulkhead.client import Client, connect
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.installation.founding import identity_of
from bulkhead.installation.ground import found
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.access import participant_role, shard_role
from bulkhead.topology.load import load
from bulkhead.views.machine import make_reference_view, view_machine_name
from tests.support.exchange import messages_in
from tests.support.gateways import BOUNDARY, SteppedGateway
from tests.support.pulsar import Broker
from tests.support.running import calm_topology

NAME = "secured"
Found = TypeVar("Found")
FLOW = ("flow0", "flow1", "flow2", "flow3")


def secured_log(broker: Broker) -> dict[str, Any]:
    """The topology's log settings for a secured broker of a test."""
    security = broker.server.security
    return {
        "adapter": "pulsar",
        "directory": None,
        "durability": None,
        "service_url": broker.status.service_url,
        "admin_url": broker.status.admin_url,
        "ca": str(security.authority),
        "token_key": str(security.token_key),
    }


class SecuredExchange:
    """Founded in `folder` as `up` does it; without Ray, clock and supervisor."""

    def __init__(self, broker: Broker, folder: Path, name: str = NAME) -> None:
        self.broker = broker
        file = folder / "topology.yaml"
        changes = {
            "exchange": name,
            "log": secured_log(broker),
            "participants": dict.fromkeys(FLOW),
            "boundaries": BOUNDARY,
            "snapshots": {"directory": None},
        }
        file.write_text(calm_topology(changes))
        self.installation = Installation(load(file), file)
        self.topology = self.installation.topology
        found(self.installation)
        self.identity = identity_of(self.installation)
        self.logs: dict[str, Log] = {}
        """by shard"""
        self.shards: list[Shard] = []
        self.gateways: list[SteppedGateway] = []
        for shard in derived.shards(self.topology):
            if shard.kind != "supervisor":
                role = shard_role(name, shard.name)
                self.logs[shard.name] = open_log(self.installation.log_address_of(role))
                own = shard.reads if shard.kind == "view" else shard.reads[:1]
                self.shards += [self._start(shard, partition) for partition in own]
            if shard.kind == "ingress":
                gateway = SteppedGateway(self.logs[shard.name], self.identity, self.shards[-1])
                self.gateways.append(gateway)

    def _start(self, shard: derived.Shard, partition: str) -> Shard:
        if shard.kind == "view":
            machine = make_reference_view(view_machine_name(shard.name, partition))
        else:
            machine = make_reference(shard.name)
        started = Shard(
            machine,
            input_partition(machine.name),
            self.identity,
            self.logs[shard.name],
            open_snapshots(f"memory:{self.installation.file}"),
            SnapshotPolicy(every_events=50, every_ticks=100),
            lambda: time.time_ns() // 1000,
        )
        started.restore()
        return started

    def settle(self) -> None:
        """Step every shard and gateway until none has input left, or output that the log has not taken."""
        busy = True
        while busy:
            busy = False
            for shard in self.shards:
                before = shard.frames_applied
                shard.step(0.0)
                shard.confirm(1.0)
                busy = busy or shard.frames_applied != before or shard.publisher.pending() > 0
            for gateway in self.gateways:
                busy = gateway.step() > 0 or busy
                busy = gateway.gateway.pending() > 0 or busy

    def shard(self, name: str) -> Shard:
        return next(shard for shard in self.shards if shard.machine.name == name)

    def connect(self, participant_id: str) -> Client:
        """As the participant's own program does it."""
        return connect(self.installation.connection_path, participant_id, idle=self.settle, timeout_s=60.0)

    def while_running(self, call: Callable[[], Found]) -> Found:
        """What a call that waits for the exchange returns: made in another thread, while this one steps."""
        with ThreadPoolExecutor(1) as pool:
            called = pool.submit(call)
            while not called.done():
                self.settle()
            return called.result()

    def log_of(self, role: str) -> Log:
        """The log as whoever has the role's token opens it."""
        return open_log(self.installation.log_address_of(role))

    def participant_log(self, participant_id: str) -> Log:
        return self.log_of(participant_role(self.topology.exchange, participant_id))

    def dead_letters(self) -> list[DeadLetter]:
        """All there are, in order."""
        log = open_log(self.installation.log_address)
        try:
            letters = [letter for _, letter in messages_in(log.reader("dead_letters/0", "test"))]
        finally:
            log.close()
        assert all(isinstance(letter, DeadLetter) for letter in letters)
        return letters

    def close(self) -> None:
        for log in self.logs.values():
            log.close()


@contextmanager
def secured_exchange(broker: Broker, folder: Path, name: str = NAME) -> Iterator[SecuredExchange]:
    exchange = SecuredExchange(broker, folder, name)
    try:
        exchange.settle()
        yield exchange
    finally:
        exchange.close()
