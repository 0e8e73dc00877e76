"""A whole exchange in one thread, on the memory log: the real machines, and loop, stepped by a test."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bulkhead.domain.messages.control import ClockRead
from bulkhead.domain.messages.participant import OpenSession
from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.risk.model import Risk
from bulkhead.log.lease import lease_partition
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.decisions import Decisions
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.simulation import evidence as evidence_of
from bulkhead.simulation.evidence import Evidence, Streams
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.topology.access import destinations
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.wire.authentication import MacSealer, SignatureSealer
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import read_frame, signer_source

SHIPPED = Path(__file__).parents[2] / "topology.yaml"
_names = itertools.count()


class Trader:
    """A participant that sends what a test wants, in frames of its own cutting. `key`: the name of the one
    that it signs with, where that is not its own name.
    """

    def __init__(
        self, exchange: "MemoryExchange", participant_id: str, epoch: int = 1, key: str | None = None
    ) -> None:
        self.key = key_of(key or participant_id)
        risk = derived.slot_table(exchange.topology.shards.risk)[derived.slot_of(participant_id)]
        self.source = Source(
            exchange.log,
            exchange.identity,
            signer_source(public_bytes(self.key), epoch),
            f"orders/{risk}",
            SignatureSealer(self.key),
            participant_id,
        )
        self._reports = exchange.log.reader(f"reports.{participant_id}/0", f"{participant_id}/{next(_names)}")

    def open(self) -> None:
        self.send(OpenSession())

    def send(self, *messages: Any) -> None:
        self.send_events([encode(message) for message in messages])

    def send_events(self, events: list[bytes]) -> None:
        self.source.send(events, 0)
        self.source.poll()

    def reports(self) -> list[Any]:
        """What has been reported since the last call; repetitions of the log are not removed."""
        return [message for _, message in messages_in(self._reports)]


def messages_in(reader: Any) -> Iterable[tuple[int, Any]]:
    while records := reader.receive(1 << 20, 0.0):
        for _, data in records:
            frame = read_frame(data)
            for offset, event in enumerate(frame.events):
                yield frame.first + offset, decode(event)


class MemoryExchange:
    """`wrap` puts something between exchange and log; without `settled` the genesis is only written. `make`
    gives a shard's machine in its first state; it may skip by itself what raises, where nobody `decides`.
    """

    def __init__(
        self,
        text: str | None = None,
        policy: SnapshotPolicy | None = None,
        wrap: Callable[[Log], Log] | None = None,
        settled: bool = True,
        make: Callable[[str], Any] = make_reference,
        decides: bool = True,
        grown: str | None = None,
    ) -> None:
        """`grown`: the topology of shards that operators add later; their processes wait until then."""
        self.topology: Topology = loads(SHIPPED.read_text() if text is None else text)
        self._grown = self.topology if grown is None else loads(grown)
        name = f"test-{next(_names)}"
        self.log: Log = open_log(f"memory:{name}")
        if wrap is not None:
            self.log = wrap(self.log)
        self.forget_snapshots()
        self.identity = Identity(self.topology.exchange, b"genesis-of-tests", b"m" * 32)
        self.policy = policy or SnapshotPolicy(every_events=1000, every_ticks=100)
        for topic in derived.topics(self._grown):
            self.log.create_topic(topic.name, topic.partitions)
        self.names = [shard.name for shard in derived.shards(self._grown) if shard.speaks]
        self.shards: dict[str, Shard] = {}
        self._make = make
        self._decides = decides
        self._processes = itertools.count(1)
        self.now_us = 0
        for shard_name in self.names:
            self.start(shard_name)
        sealer = MacSealer(self.identity.mac_key)
        self._clock = Source(self.log, self.identity, "gateway/clock", "clock/0", sealer, "gateway/clock")
        self._genesis = Source(self.log, self.identity, "genesis", "control/0", sealer, "genesis")
        keys = {name: public_bytes(key_of(name)) for name in derived.key_names(self.topology)}
        self.control(*genesis(self.topology, keys))
        if settled:
            self.settle()

    def forget_snapshots(self) -> None:
        """Shards that are started from now on begin at the beginning of their partitions."""
        self.snapshots = open_snapshots(f"memory:test-{next(_names)}")

    def make(self, name: str, machine: ReferenceMachine | None = None) -> Shard:
        """A shard as a new process makes it, not begun yet."""
        return Shard(
            machine or self._make(name),
            input_partition(name),
            self.identity,
            self.log,
            self.snapshots,
            self.policy,
            lambda: self.now_us,
            lease=self.log.lease(lease_partition(name), f"process {next(self._processes)}"),
            decisions=self._decisions(name),
            destinations=self._destinations(name),
        )

    def start(self, name: str, machine: ReferenceMachine | None = None) -> Shard:
        """Start a shard as a new process would: from its newest snapshot, or from nothing."""
        shard = self.make(name, machine)
        shard.restore()
        shard.take_lease()
        self.shards[name] = shard
        return shard

    def follow(self, name: str, machine: ReferenceMachine | None = None, sends: bool = False) -> Follower:
        """Start another replica of a shard, which follows until it is promoted."""
        number = next(self._processes)
        follower = Follower(
            machine or make_reference(name),
            input_partition(name),
            self.identity,
            self.log,
            self.snapshots,
            self.policy,
            lambda: self.now_us,
            f"replica-{number}",
            self.log.lease(lease_partition(name), f"process {number}"),
            sends,
            decisions=self._decisions(name),
            destinations=self._destinations(name),
        )
        follower.restore()
        return follower

    def _destinations(self, name: str) -> tuple[str, ...]:
        return next(
            destinations(self._grown, shard) for shard in derived.shards(self._grown) if shard.name == name
        )

    def _decisions(self, name: str) -> Decisions | None:
        """None where machines skip by themselves (tests/support/quarantine.py): no log tells of that."""
        if not self._decides:
            return None
        return Decisions(self.log, self.identity, name, lambda: self.now_us)

    def control(self, *messages: Any) -> None:
        self._genesis.send([encode(message) for message in messages], 0)
        self._genesis.poll()

    def tick(self, time_ms: int) -> None:
        self._clock.send([encode(ClockRead(time_ms))], 0)
        self._clock.poll()

    def settle(self) -> None:
        """Step every shard until none has input left, or output that the log has not taken."""
        busy = True
        while busy:
            busy = False
            for name in self.names:
                shard = self.shards[name]
                before, pending = shard.frames_applied, shard.publisher.pending()
                shard.step(0.0)
                busy = busy or shard.frames_applied != before or pending > 0

    def trader(self, participant_id: str, epoch: int = 1) -> Trader:
        trader = Trader(self, participant_id, epoch)
        trader.open()
        self.settle()
        return trader

    def domain(self, name: str) -> Any:
        return self.shards[name].machine.domain  # type: ignore[attr-defined]  # the reference engine's

    def risk(self, shard: int) -> Risk:
        machine = self.domain(f"risk/{shard}")
        assert isinstance(machine, RiskMachine)
        return machine.risk

    def risk_shards(self) -> list[Risk]:
        return [self.risk(number) for number in range(self.topology.shards.risk.count)]

    def frames(self, partition: str) -> list[bytes]:
        """Every frame of a partition, in its order."""
        return [record.frame for record in evidence_of.records(self.log, partition)]

    def said(self) -> Streams:
        """What the shards said, by (source, destination). Raises Broken where that is no stream."""
        return evidence_of.said(self.log, self.identity, self.names)

    def evidence(self, deposits: Mapping[str, int]) -> Evidence:
        """For the checks; `deposits`: all that ever came in, in smallest units by asset."""
        keys = {
            public_bytes(key_of(key)): participant_id
            for participant_id, participant in self.topology.participants.items()
            for key in participant.keys
        }
        operators = [public_bytes(key_of(key)) for key in self.topology.keys.operators]
        machines = {name: self.shards[name].machine for name in self.names}
        return Evidence(self.topology, self.identity, self.log, machines, deposits, keys, operators)  # type: ignore[arg-type]

    def digests(self) -> dict[str, str]:
        return {name: self.shards[name].machine.digest().hex() for name in self.names}
