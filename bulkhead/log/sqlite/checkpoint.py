"""Keeps write-ahead logs small, in the background, so that no append has to.

An append that also checkpoints takes 4-5 ms at p99.9; with this thread 0.4 ms. Every process that reads
or appends runs one thread for all its partitions; it touches only files that its process has used since
the last round. So a partition is cared for as long as anyone uses it, whoever gets killed. Rounds of
several processes share the work: a file that someone has just checkpointed waits for the next round.
"""

import os
import threading
import time
from collections.abc import Set
from pathlib import Path
from queue import SimpleQueue

import apsw
import structlog

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.sqlite import segments
from bulkhead.log.sqlite.failures import Busy, failure, pause

INTERVAL_S = 0.1
# PASSIVE never waits, so under constant load it never catches up with the last frame and the write-ahead
# log never starts over. From segments.WAL_BYTES on a RESTART makes writers and readers wait until it can;
# this is how long one round tries to get between them for that.
RESTART_PATIENCE_S = 0.05
# A write-ahead log of this size means that someone has kept a read transaction open: worth a warning.
WORRYING_BYTES = 8 * segments.WAL_BYTES

_log = structlog.get_logger()


class Checkpointer:
    """One thread; `touched` is what readers and writers call, from their own threads.

    Without `start` there is no thread and `round` does its work.
    """

    def __init__(self, segment_bytes: int) -> None:
        self._segment_bytes = segment_bytes
        self._touched: set[tuple[Path, int]] = set()
        self._lock = threading.Lock()
        # Not an Event: a Ctrl-C within its `set` can leave the lock inside it locked, and `close` would wait
        # for ever. This queue's `put` is one step.
        self._work: SimpleQueue[None] = SimpleQueue()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._connections: dict[tuple[Path, int], apsw.Connection] = {}
        self._failing: set[tuple[Path, int]] = set()

    def touched(self, directory: Path, number: int) -> None:
        """Segment `number` in `directory` was read or appended to: have a look at it within the interval."""
        # The set is replaced, never cleared, when a round begins: whoever finds the key in the old one is
        # served by that round, which looks at the file later than this.
        if (directory, number) in self._touched:
            return
        with self._lock:
            self._touched.add((directory, number))
        self._work.put(None)

    def start(self) -> None:
        """Start the thread unless it runs; until something is touched it costs nothing."""
        with self._lock:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="log-checkpointer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the thread; a round under way is finished first."""
        self._stop.set()
        self._work.put(None)
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()
        else:
            self._close_connections(self._connections.keys())

    def _run(self) -> None:
        # Looked at again after each round, which may have taken the last thing that `close` has put there.
        while not self._stop.is_set():
            self._work.get()
            if not self._stop.wait(INTERVAL_S):
                self.round()
        self._close_connections(self._connections.keys())

    def round(self) -> None:
        """One look at every segment touched since the last round; the thread's work, callable without it."""
        while not self._work.empty():  # whatever it was put there for is in the set by now
            self._work.get_nowait()
        with self._lock:
            due, self._touched = self._touched, set()
        for key in sorted(due):
            self._care_for(key)
        self._close_connections(self._connections.keys() - due)

    def _close_connections(self, keys: Set[tuple[Path, int]]) -> None:
        for key in sorted(keys):
            self._connections.pop(key).close()

    def _care_for(self, key: tuple[Path, int]) -> None:
        """One look at one segment; what can't be done now is tried again at the next round, visibly."""
        directory, number = key
        file = segments.path(directory, number)
        try:
            self._look_at(key)
        except (TemporaryError, FatalError, apsw.Error, OSError) as error:
            if not file.exists():
                return  # retention has unlinked it
            self.touched(directory, number)
            others_turn = isinstance(error, Busy) and _wal_bytes(file) < WORRYING_BYTES
            if key not in self._failing and not others_turn:
                self._failing.add(key)
                told = failure(error, f"checkpointing {file}") if isinstance(error, apsw.Error) else error
                _log.warning(
                    "log_checkpoint_fails", file=str(file), wal_bytes=_wal_bytes(file), error=str(told)
                )
        else:
            if key in self._failing:
                self._failing.discard(key)
                _log.info("log_checkpoint_recovered", file=str(file))

    def _look_at(self, key: tuple[Path, int]) -> None:
        directory, number = key
        file = segments.path(directory, number)
        if 0 <= time.time() - os.stat(file).st_mtime < INTERVAL_S and _wal_bytes(file) <= segments.WAL_BYTES:
            self.touched(directory, number)
            return
        connection = self._connections.get(key)
        if connection is None:
            connection = self._connections[key] = segments.connect(directory, number)
        frames, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        page_bytes = connection.pragma("page_size")
        if frames * page_bytes > segments.WAL_BYTES:
            self._restart(connection)
        if connection.pragma("page_count") * page_bytes > self._segment_bytes // 2:
            segments.create(directory, number + 1)

    def _restart(self, connection: apsw.Connection) -> None:
        give_up_at = time.monotonic() + RESTART_PATIENCE_S
        while True:
            try:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                return
            except Busy:
                if time.monotonic() >= give_up_at:
                    raise
                pause()


def _wal_bytes(file: Path) -> int:
    """The size of a segment's write-ahead log; 0 when nobody has the segment open."""
    try:
        return os.stat(f"{file}-wal").st_size
    except FileNotFoundError:
        return 0
