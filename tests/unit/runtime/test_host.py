"""A shard's thread: what may pass by itself does not halt it."""

import threading
from pathlib import Path
from typing import cast

import pytest

from bulkhead.errors import TemporaryError
from bulkhead.machines.factory import make_reference
from bulkhead.runtime import host as host_module
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.saver import SaverAside
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.files import FileSnapshots
from bulkhead.snapshots.port import Snapshot, SnapshotStore
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until

OFTEN = SnapshotPolicy(every_events=1, every_ticks=1)


class ToldSnapshots(FileSnapshots):
    """Tells when it could not be read."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.refused = threading.Event()

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        try:
            return super().newest(shard)
        except TemporaryError:
            self.refused.set()
            raise


def hosted(exchange: MemoryExchange, store: SnapshotStore) -> ShardHost:
    def make() -> Shard:
        machine, saver = make_reference("risk/1"), SaverAside(store, "risk/1")
        return Shard(
            machine, "orders/1", exchange.identity, exchange.log, store, OFTEN, lambda: 0, saver=saver
        )

    host = ShardHost("risk/1", "orders/1", make)
    host.start()
    return host


def test_a_shard_whose_snapshots_cannot_be_read_waits_for_them(tmp_path: Path) -> None:
    in_the_way = tmp_path / "snapshots"
    in_the_way.write_text("a file where the folder should be")
    store = ToldSnapshots(in_the_way / "here")
    host = hosted(MemoryExchange(TEXT), store)
    assert store.refused.wait(30.0)
    assert host.status()["state"] == "starting"
    in_the_way.unlink()
    assert host.ask(lambda shard: shard.machine.name) == "risk/1"
    assert host.status()["state"] == "running"
    host.stop()
    assert host.status()["state"] == "stopped"


def test_a_shard_whose_snapshots_stay_unreadable_comes_to_the_same_state_from_the_log_and_keeps_them_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_module, "SNAPSHOTS_PATIENCE_S", 0.05)
    exchange = MemoryExchange(TEXT)
    other = exchange.shards["risk/1"].machine
    in_the_way = tmp_path / "snapshots"
    in_the_way.write_text("a file where the folder should be")
    store = FileSnapshots(in_the_way / "here")
    host = hosted(exchange, store)
    until("it has read the whole log", lambda: host.status()["events"] == other.events_applied)
    assert host.ask(lambda shard: shard.machine.digest()) == other.digest()
    assert host.status()["state"] == "running"
    assert "snapshots: " in host.status()["last_error"]
    in_the_way.unlink()
    until("snapshots are kept", lambda: host.status()["snapshots"])
    until("it says so", lambda: host.status()["last_error"] == "")
    kept = store.newest("risk/1")
    assert kept is not None
    assert kept.inputs == other.events_applied
    host.stop()


def test_a_log_that_is_away_when_a_shard_starts_is_waited_for_and_its_snapshot_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host_module, "SNAPSHOTS_PATIENCE_S", 0.0)
    exchange = MemoryExchange(TEXT, OFTEN)
    tries = []

    class AwayAtFirst(Shard):
        def restore(self) -> None:
            tries.append(1)
            if len(tries) < 3:
                raise TemporaryError("the broker is away")
            super().restore()

    def make() -> Shard:
        machine, log = make_reference("risk/1"), exchange.log
        return AwayAtFirst(machine, "orders/1", exchange.identity, log, exchange.snapshots, OFTEN, lambda: 0)

    host = ShardHost("risk/1", "orders/1", make)
    host.start()
    until("it runs", lambda: host.status()["state"] == "running")
    assert (len(tries), host.status()["frames"]) == (3, 0)
    assert host.status()["events"] == exchange.shards["risk/1"].machine.events_applied
    host.stop()


class CountedShard:
    """As far as its lag goes."""

    frames_applied = 0
    asked = 0

    def lag(self) -> int:
        self.asked += 1
        return self.asked


def test_a_shard_with_much_to_do_is_not_asked_how_far_it_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_module, "LAG_EVERY_S", 0.0)
    monkeypatch.setattr(host_module, "LAG_EVERY_BUSY_S", float("inf"))
    shard, lag = CountedShard(), host_module._Lag()
    told = []
    for applied in (0, 1, host_module.CALM_FRAMES_MAX + 2, 1000, 1001):
        shard.frames_applied = applied
        told.append(lag.of(cast(Shard, shard), at_once=False))
    assert told == [1, 2, 2, 2, 3]
    shard.frames_applied = 2000
    assert lag.of(cast(Shard, shard), at_once=True) == 4
