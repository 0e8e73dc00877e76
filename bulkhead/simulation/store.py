"""Snapshots that go wrong: refused, torn while they are written, lost after they were."""

import random

from bulkhead.errors import TemporaryError
from bulkhead.snapshots.port import Snapshot

KEPT = 3


class FaultyStore:
    """A `SnapshotStore` for all processes.

    away: it takes and gives nothing. stale: so many readings are given an older snapshot than the newest.
    tear: the next snapshot is cut off in the writing, which its checksum
    tells at the next reading: then an older one is the newest that is whole.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._kept: dict[str, list[tuple[Snapshot, bool]]] = {}
        """oldest first; the flag: it is whole"""
        self.saved: set[tuple[str, bytes | None]] = set()
        """shard and position of all that were ever whole, or not needed because a newer one was kept"""
        self.away = False
        self.tear = 0
        self.stale = 0

    def save(self, shard: str, snapshot: Snapshot) -> None:
        if self.away:
            raise TemporaryError("the store of snapshots is away")
        kept = self._kept.setdefault(shard, [])
        if kept and snapshot.inputs < kept[-1][0].inputs:
            # A zombie's, or after a power cut of one that could read no snapshot and began with the log.
            self.saved.add((shard, snapshot.position))
            return
        torn = self.tear > 0
        self.tear -= torn
        kept.append((snapshot, not torn))
        whole = sum(is_whole for _, is_whole in kept)
        while whole > KEPT:
            whole -= kept.pop(0)[1]
        if torn:
            raise TemporaryError("the store of snapshots died while it wrote")
        self.saved.add((shard, snapshot.position))

    def newest(self, shard: str, before: int | None = None) -> Snapshot | None:
        if self.away:
            raise TemporaryError("the store of snapshots is away")
        whole = [
            each
            for each, is_whole in self._kept.get(shard, [])
            if is_whole and (before is None or each.inputs < before)
        ]
        if self.stale and len(whole) > 1:
            self.stale -= 1
            return whole[-2]
        return whole[-1] if whole else None

    def kept_newest(self, shard: str) -> Snapshot | None:
        """What the next process of the shard begins with, unless something more happens to the store."""
        whole = [each for each, is_whole in self._kept.get(shard, []) if is_whole]
        return whole[-1] if whole else None

    def lose(self) -> str:
        """The newest snapshots of one shard are gone, some or all. Whose."""
        shards = sorted(self._kept)
        if not shards:
            return "nobody"
        shard = self._chance.choice(shards)
        count = self._chance.randint(1, len(self._kept[shard]))
        del self._kept[shard][-count:]
        if not self._kept[shard]:
            del self._kept[shard]
        return shard

    def close(self) -> None:
        """Nothing to give up."""
