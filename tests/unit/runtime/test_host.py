"""A shard's thread: what may pass by itself does not halt it."""

import threading
from pathlib import Path

from bulkhead.errors import TemporaryError
from bulkhead.machines.factory import make_machine
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

    host = ShardHost("risk/1", "orders/1", make)
    host.start()
    assert store.refused.wait(30.0)
    assert host.status()["state"] == "starting"
    in_the_way.unlink()
    assert host.ask(lambda shard: shard.machine.name) == "risk/1"
    assert host.status()["state"] == "running"
    host.stop()
    assert host.status()["state"] == "stopped"
