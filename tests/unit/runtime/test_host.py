"""A shard's thread: what may pass by itself does not halt it."""

import threading
from pathlib import Path
from typing import cast

import pytest

from bulkhead.errors import TemporaryError
from bulkhead.machines.factory import make_machine
from bulkhead.runtime import host
from bulkhead.runtime.host import ShardHost
from bulkhead.runtime.shard import Shard
from bulkhead.snapshots.files import FileSnapshots
from bulkhead.snapshots.port import Snapshot
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange


class ToldSnapshots(FileSnapshots):
    """Tells when it could not be read."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.refused = threading.Event()

    def newest(self, shard: str) -> Snapshot | None:
        try:
            return super().newest(shard)
        except TemporaryError:
            self.refused.set()
            raise


def test_a_shard_whose_snapshots_cannot_be_read_waits_for_them(tmp_path: Path) -> None:
    exchange = MemoryExchange(TEXT)
    in_the_way = tmp_path / "snapshots"
    in_the_way.write_text("a file where the folder should be")
    store = ToldSnapshots(in_the_way / "here")

    def make() -> Shard:
        machine = make_machine("risk/1")
        return Shard(machine, "orders/1", exchange.identity, exchange.log, store, exchange.policy, lambda: 0)

    its_host = ShardHost("risk/1", "orders/1", make)
    its_host.start()
    assert store.refused.wait(30.0)
    assert its_host.status()["state"] == "starting"
    in_the_way.unlink()
    assert its_host.ask(lambda shard: shard.machine.name) == "risk/1"
    assert its_host.status()["state"] == "running"
    its_host.stop()
    assert its_host.status()["state"] == "stopped"


class CountedShard:
    """As far as its lag goes."""

    frames_applied = 0
    asked = 0

    def lag(self) -> int:
        self.asked += 1
        return self.asked


def test_a_shard_with_much_to_do_is_not_asked_how_far_it_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "LAG_EVERY_S", 0.0)
    monkeypatch.setattr(host, "LAG_EVERY_BUSY_S", float("inf"))
    shard, lag = CountedShard(), host._Lag()
    told = []
    for applied in (0, 1, host.CALM_FRAMES_MAX + 2, 1000, 1001):
        shard.frames_applied = applied
        told.append(lag.of(cast(Shard, shard), at_once=False))
    assert told == [1, 2, 2, 2, 3]
    shard.frames_applied = 2000
    assert lag.of(cast(Shard, shard), at_once=True) == 4
