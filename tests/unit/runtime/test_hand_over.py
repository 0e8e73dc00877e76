"""A primary that is stopped hands over to its replica: real hosts, hearts and leases, on the embedded log."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bulkhead.log.lease import lease_partition
from bulkhead.log.port import Log
from bulkhead.log.sqlite.log import SqliteLog
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.heartbeat import Heart
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.runtime.source import Source
from bulkhead.simulation.setting import IDENTITY, key_of, public_bytes
from bulkhead.snapshots.memory import MemorySnapshots
from bulkhead.topology import derived
from bulkhead.topology.genesis import genesis
from bulkhead.topology.load import loads
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.running import until

CONTROL = "control/0"
NEVER_S = 3600.0
"""so long a primary may be silent: nobody is suspected"""


class Replica:
    """As actors/shard.py has it: a host with its heart, on a log of its own."""

    def __init__(self, folder: Path, leads: bool) -> None:
        self.heart = Heart()
        self._folder, self._leads = folder, leads
        self.host = ShardHost(CONTROL, input_partition(CONTROL), self._build, suspect_after_s=NEVER_S)
        self.host.start()
        self.heart.start(self.host.beats)

    def _build(self) -> Shard:
        log: Log = SqliteLog(self._folder)
        return Follower(
            make_reference(CONTROL),
            input_partition(CONTROL),
            IDENTITY,
            log,
            MemorySnapshots(),
            SnapshotPolicy(1_000_000, 1_000_000),
            lambda: time.monotonic_ns() // 1000,
            "a" if self._leads else "b",
            log.lease(lease_partition(CONTROL), self.heart.name),
            leads=self._leads,
        )

    @property
    def role(self) -> str:
        status = self.host.status()
        return status["role"] if status["state"] == "running" and status["lag"] == 0 else ""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log that holds a genesis."""
    topology = loads(TEXT)
    keys = {name: public_bytes(key_of(name)) for name in derived.key_names(topology)}
    with closing(SqliteLog(tmp_path)) as log:
        for topic in derived.topics(topology):
            log.create_topic(topic.name, topic.partitions)
        source = Source(log, IDENTITY, "genesis", CONTROL, MacSealer(IDENTITY.mac_key), "genesis")
        source.send([encode(message) for message in genesis(topology, keys)], 0)
        source.flush()
    return tmp_path


@pytest.fixture
def pair(folder: Path) -> Iterator[tuple[Replica, Replica]]:
    """The only process of a shard, and one that has joined it while it worked."""
    first = Replica(folder, leads=True)
    until("the first leads", lambda: first.role == "primary")
    second = Replica(folder, leads=False)
    until("the second follows", lambda: second.role == "standby")
    yield first, second
    for replica in (first, second):
        replica.host.stop()
        replica.heart.close()


def said(replica: Replica) -> dict[str, int]:
    streams: dict[str, int] = replica.host.ask(
        lambda shard: {name: last for name, (last, _) in shard.machine.streams().outputs.items()}
    )
    return streams


def test_one_that_is_stopped_hands_over_to_its_replica_which_suspects_nobody(
    pair: tuple[Replica, Replica],
) -> None:
    """By the lease alone: the heart of the first beats on."""
    first, second = pair
    assert said(first) == said(second)
    first.host.stop()
    until("the second leads", lambda: second.role == "primary")
    assert second.host.ask(lambda shard: shard.publisher.frames_sent) == 0  # all of it is known to be said


def test_the_end_of_its_heart_wakes_the_replica(pair: tuple[Replica, Replica]) -> None:
    first, second = pair
    first.host.stop()
    first.heart.close()
    until("the second leads", lambda: second.role == "primary")
