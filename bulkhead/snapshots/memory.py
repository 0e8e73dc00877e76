"""Snapshots in the memory of one process: for tests and the simulation."""

import threading

from bulkhead.snapshots.names import check_shard
from bulkhead.snapshots.port import Snapshot


class MemorySnapshots:
    """A `SnapshotStore` that keeps the newest snapshot of each shard."""

    def __init__(self) -> None:
        self._newest: dict[str, Snapshot] = {}
        self._lock = threading.Lock()

    def save(self, shard: str, snapshot: Snapshot) -> None:
        check_shard(shard)
        with self._lock:
            there = self._newest.get(shard)
            if there is None or snapshot.inputs >= there.inputs:
                self._newest[shard] = snapshot

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        check_shard(shard)
        newest = self._newest.get(shard)
        return None if newest is None or (before is not None and newest.inputs >= before) else newest

    def close(self) -> None:
        """Nothing to give up: what is kept outlives the closing, as on a disk."""


_stores: dict[str, MemorySnapshots] = {}
_stores_lock = threading.Lock()


def named_snapshots(name: str) -> MemorySnapshots:
    """The store of that name in this process, made when it is first asked for and kept until it ends."""
    with _stores_lock:
        return _stores.setdefault(name, MemorySnapshots())
