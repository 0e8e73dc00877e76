"""Bugs in the loop of a shard (runtime/shard.py) and its place in the log."""

from bulkhead.errors import TemporaryError
from bulkhead.log.memory import MemoryReader
from bulkhead.log.names import decode_offset
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.publisher import Publisher
from bulkhead.runtime.shard import Shard
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _acknowledges_before_the_snapshot() -> PutIn:
    publish = Shard.publish

    def acknowledging(self: Shard) -> None:
        publish(self)
        if self.position is not None:
            self._reader.acknowledge(self.position)

    return replaced(Shard, "publish", acknowledging)


def _snapshots_before_the_log_has_confirmed() -> PutIn:
    def pending(self: Publisher) -> int:
        return 0

    return replaced(Publisher, "pending", pending)


def _snapshots_before_it_publishes() -> PutIn:
    publish = Shard.publish

    def snapshotting(self: Shard) -> None:
        sends = not isinstance(self, Follower) or self.primary
        if sends and self.snapshot_due() and self.publisher.pending() == 0:
            self.snapshot()
            self.snapshot_saved()
        publish(self)

    return replaced(Shard, "publish", snapshotting)


def _forgets_what_the_log_refused() -> PutIn:
    def confirm(self: Publisher, timeout_s: float = 0.0) -> dict[str, TemporaryError]:
        for destination, writer in list(self._waiting.items()):
            try:
                writer.poll(timeout_s)
            except TemporaryError:
                del self._waiting[destination]
                self._writers[destination] = self._log.writer(destination, self._producer)
        return {}

    return replaced(Publisher, "confirm", confirm)


def _restores_one_frame_too_late() -> PutIn:
    seek = MemoryReader.seek

    def too_late(self: MemoryReader, position: bytes | None) -> None:
        seek(self, position)
        if position is not None:
            self.receive(1, 0.0)

    return replaced(MemoryReader, "seek", too_late)


def _restores_beyond_the_end() -> PutIn:
    def seek(self: MemoryReader, position: bytes | None) -> None:
        self._at = min(decode_offset(position, self._name), len(self._partition.records))

    return replaced(MemoryReader, "seek", seek)


LOOP = (
    Mutant("acknowledge-first", "acknowledges before the snapshot", _acknowledges_before_the_snapshot),
    Mutant(
        "snapshot-first",
        "snapshots before the log has confirmed",
        _snapshots_before_the_log_has_confirmed,
    ),
    Mutant("snapshot-unsent", "snapshots before it publishes", _snapshots_before_it_publishes, shown_by=20),
    Mutant("forget-refused", "forgets what the log refused", _forgets_what_the_log_refused),
    Mutant("seek-late", "restores one frame too late", _restores_one_frame_too_late),
    Mutant(
        "seek-anywhere",
        "restores beyond the log's end",
        _restores_beyond_the_end,
        power_loss=True,
        shown_by=37,
    ),
)
