"""The gateway in its threads: whose topic fails stops alone, and visibly; what may pass is waited for."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bulkhead.domain.ingress.machine import IngressMachine
from bulkhead.domain.messages.control import OpenIngress, RegisterKey
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import make_reference
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.threads import GatewayThreads
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.snapshots.open import open_snapshots
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import signer_source
from tests.support.running import until

IDENTITY = Identity("test", b"genesis-of-tests", b"m" * 32)
NEVER = SnapshotPolicy(every_events=10**9, every_ticks=10**9)
WHOM = ("alice", "bob")
_names = itertools.count()


@dataclass
class Troubled:
    """A log whose writers to some partitions, or readers of them, fail."""

    log: Log
    writers: dict[str, Exception] = field(default_factory=dict)
    readers: dict[str, Exception] = field(default_factory=dict)

    def writer(self, partition: str, producer: str) -> Any:
        made = self.log.writer(partition, producer)
        return _Failing(made, "poll", self.writers, partition)

    def reader(self, partition: str, subscription: str) -> Any:
        made = self.log.reader(partition, subscription)
        return _Failing(made, "receive", self.readers, partition)

    def close(self) -> None:
        self.log.close()


class _Failing:
    def __init__(self, made: Any, what: str, problems: dict[str, Exception], partition: str) -> None:
        self._made, self._what, self._problems, self._partition = made, what, problems, partition

    def __getattr__(self, name: str) -> Any:
        if name == self._what and self._partition in self._problems:
            raise self._problems[self._partition]
        return getattr(self._made, name)


class Hosted:
    """ingress/0 on a log in memory, with the threads of its gateway."""

    def __init__(self) -> None:
        self.address = f"memory:ingress-threads-{next(_names)}"
        self.log = open_log(self.address)
        topics = ("orders", "ingress", "dead_letters", "leases.ingress", "ingress.alice", "ingress.bob")
        for topic in topics:
            self.log.create_topic(topic, 1)
        self.troubled = Troubled(open_log(self.address))
        control = Source(
            self.log, IDENTITY, "control/0", "ingress/0", MacSealer(IDENTITY.mac_key), "control/0"
        )
        for name in WHOM:
            key = public_bytes(key_of(name))
            control.send([encode(OpenIngress(name, 20_000)), encode(RegisterKey(name, key))], 0)
        control.flush()
        self.gateway: GatewayThreads | None = None
        self.host = ShardHost("ingress/0", "ingress/0", self._make, self._accompany)

    def _make(self) -> Shard:
        log = open_log(self.address)
        lease = log.lease("leases.ingress/0", "first")
        snapshots = open_snapshots(self.address)
        machine = make_reference("ingress/0")
        return Shard(machine, "ingress/0", IDENTITY, log, snapshots, NEVER, lambda: 0, lease=lease)

    def _accompany(self, shard: Shard) -> GatewayThreads:
        machine = shard.machine
        assert isinstance(machine, ReferenceMachine)
        assert isinstance(machine.domain, IngressMachine)
        made: Any = self.troubled
        self.gateway = GatewayThreads(lambda: made, IDENTITY, machine.domain.ingress, shard.lag)
        return self.gateway

    def write(self, name: str, number: int) -> bytes:
        key = key_of(name)
        source = signer_source(public_bytes(key), number)
        made = Source(self.log, IDENTITY, source, "orders/0", SignatureSealer(key), name)
        frame = made.frame([encode(OpenSession())], 0)
        with closing(self.log.writer(f"ingress.{name}/0", name)) as writer:
            writer.send(frame, 1)
            writer.poll()
        return frame

    def orders(self) -> list[bytes]:
        with closing(self.log.reader("orders/0", "test")) as reader:
            return [frame for _, frame in reader.receive(1 << 20, 0.0)]

    def last_error(self) -> str:
        return self.host.status()["last_error"]


@contextmanager
def hosted() -> Iterator[Hosted]:
    made = Hosted()
    try:
        yield made
    finally:
        made.host.stop()
        made.log.close()


def gateway_threads() -> set[str]:
    return {each.name for each in threading.enumerate()} & {
        "ingress gateway",
        "ingress.alice/0",
        "ingress.bob/0",
    }


def test_a_topic_that_cannot_be_read_stops_its_participant_visibly_and_nobody_else() -> None:
    with hosted() as run:
        run.troubled.readers["ingress.alice/0"] = FatalError("its disk is broken")
        run.host.start()
        until("it is told", lambda: "its disk is broken" in run.last_error())
        assert "ingress.alice/0: nothing more is forwarded from here until" in run.last_error()
        run.write("alice", 1)
        frame = run.write("bob", 1)
        until("bob's frame is there", lambda: run.orders() == [frame])
        assert run.host.status()["state"] == "running"


@pytest.mark.parametrize(("of", "partition"), [("readers", "ingress.alice/0"), ("writers", "orders/0")])
def test_what_may_pass_is_told_and_waited_for(of: str, partition: str) -> None:
    with hosted() as run:
        problems: dict[str, Exception] = getattr(run.troubled, of)
        problems[partition] = TemporaryError("it is away")
        run.host.start()
        frame = run.write("alice", 1)
        until("it is told", lambda: f"{partition}: it is away" in run.last_error())
        assert run.orders() == []
        del problems[partition]
        until("the frame is there", lambda: run.orders() == [frame])
        until("nothing is told any more", lambda: run.last_error() == "")


def test_a_risk_shard_s_partition_that_takes_nothing_for_good_halts_the_ingress_shard() -> None:
    with hosted() as run:
        run.troubled.writers["orders/0"] = FatalError("there is no such partition")
        run.host.start()
        until("it is halted", lambda: run.host.status()["state"] == "halted")
        assert run.last_error() == "there is no such partition"
        until("its threads end", lambda: not gateway_threads())


def test_the_gateway_of_a_shard_that_is_superseded_forwards_no_more() -> None:
    with hosted() as run:
        run.host.start()
        first = run.write("alice", 1)
        until("it forwards", lambda: run.orders() == [first])
        lease = run.log.lease("leases.ingress/0", "second")
        lease.take()
        until("it is superseded", lambda: run.host.status()["state"] == "superseded")
        assert not gateway_threads()
        run.write("alice", 2)
        assert run.orders() == [first]
