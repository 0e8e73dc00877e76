"""Appends to one partition of the embedded log."""

import time
from collections import deque
from itertools import islice
from pathlib import Path

import apsw

from bulkhead.errors import FatalError
from bulkhead.log.sqlite import segments
from bulkhead.log.sqlite.checkpoint import Checkpointer
from bulkhead.log.sqlite.failures import PATIENCE_S, Busy, failure, patiently, pause, still_busy
from bulkhead.log.sqlite.nudge import Nudger

# At 185 MB/s others wait about 25 ms for the lock, well under their patience.
TRANSACTION_BYTES_MAX = 4 * 1024 * 1024
# A poll that need not wait still tries this long to get between other writers: an append takes them 20 us,
# a batch a few milliseconds.
POLL_MIN_S = 0.02


class SqliteWriter:
    """A `Writer`: `poll` appends what is queued, in transactions of up to `TRANSACTION_BYTES_MAX`.

    A frame counts as confirmed when its transaction is committed: in the kernel's hands with durability
    normal, on the disk with full.
    """

    def __init__(
        self, directory: Path, name: str, synchronous: str, segment_bytes: int, checkpointer: Checkpointer
    ) -> None:
        self._directory = directory
        self._name = name
        self._synchronous = synchronous
        self._segment_bytes = segment_bytes
        self._checkpointer = checkpointer
        self._queue: deque[bytes] = deque()
        self._confirmed = 0
        self._busy_since: float | None = None
        self._segment: segments.Active | None = segments.active(directory, synchronous=synchronous)
        self._page_bytes: int = self._segment.connection.pragma("page_size")
        try:
            self._nudger = Nudger(directory / "listeners")
        except OSError as error:
            self._segment.connection.close()
            raise failure(error, f"listing who listens in {directory}") from error

    def send(self, frame: bytes, last_sequence: int) -> None:
        self._queue.append(frame)

    def pending(self) -> int:
        return len(self._queue)

    def prepare(self) -> bool:
        return True

    def poll(self, timeout_s: float = 0.0) -> int:
        if self._segment is None:
            raise FatalError(f"{self._name}: this writer is closed; make a new one")
        stop_at = time.monotonic() + max(timeout_s, POLL_MIN_S)
        while self._queue:
            batch = self._batch()
            try:
                appended = self._append(batch)
            except Busy as error:
                now = time.monotonic()
                if self._busy_since is None:
                    self._busy_since = now
                if now - self._busy_since >= PATIENCE_S:
                    raise still_busy(error, f"appending to {self._name}") from error
                if now >= stop_at:
                    break
                pause()
                continue
            except (apsw.Error, OSError) as error:
                raise failure(error, f"appending to {self._name} in {self._directory}") from error
            self._busy_since = None
            if appended:
                for _ in batch:
                    self._queue.popleft()
                self._confirmed += len(batch)
                self._checkpointer.touched(self._directory, self._segment.number)
                self._nudger.nudge()
        return self._confirmed

    def _batch(self) -> list[bytes]:
        count = size = 0
        for frame in self._queue:
            size += len(frame)
            if count and size > TRANSACTION_BYTES_MAX:
                break
            count += 1
        return list(islice(self._queue, count))

    def _append(self, batch: list[bytes]) -> bool:
        """Commit the batch; False when the segment was full or sealed and the next one is active now."""
        assert self._segment is not None
        connection, number, base = self._segment
        connection.execute("begin immediate")
        try:
            last, sealed = segments.state(connection)
            full = connection.pragma("page_count") * self._page_bytes >= self._segment_bytes
            if sealed is None and not (full and last is not None):
                offset = base if last is None else last + 1
                rows = zip(range(offset, offset + len(batch)), batch, strict=True)
                connection.executemany("insert into f values(?, ?)", rows)
                connection.execute("commit")
                return True
        finally:
            if connection.in_transaction:
                connection.execute("rollback")
        if sealed is None:
            sealed = self._seal(connection, number)
        self._go_on(number + 1, sealed + 1)
        return False

    def _seal(self, connection: apsw.Connection, number: int) -> int:
        """End segment `number`, unless another writer was first; returns its last offset."""
        # Before the seal, so that there is an active segment at every moment. Made ahead as a rule.
        segments.create(self._directory, number + 1)
        # On the disk before others see it, whatever the durability of frames: see segments.py.
        connection.pragma("synchronous", "full")
        try:
            connection.execute("begin immediate")
            try:
                last, sealed = segments.state(connection)
                if sealed is None:
                    sealed = last
                    connection.execute("insert into seal values(?)", (sealed,))
                    connection.execute("commit")
            finally:
                if connection.in_transaction:
                    connection.execute("rollback")
        finally:
            connection.pragma("synchronous", self._synchronous)
        self._checkpointer.touched(self._directory, number)
        assert sealed is not None
        return sealed

    def _go_on(self, number: int, base: int) -> None:
        """Append to segment `number` from now on."""
        assert self._segment is not None
        connection = patiently(
            lambda: segments.connect(self._directory, number, synchronous=self._synchronous),
            f"opening {segments.path(self._directory, number)}",
        )
        self._segment.connection.close()
        self._segment = segments.Active(connection, number, base)

    def close(self) -> None:
        if self._segment is None:
            return
        self._segment.connection.close()
        self._segment = None
        self._nudger.close()
        self._queue.clear()
