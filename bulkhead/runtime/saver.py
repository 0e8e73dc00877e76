"""Step 5's slow half: how a snapshot that was taken gets into its store."""

import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from bulkhead.errors import TemporaryError
from bulkhead.machines.interface import Frozen
from bulkhead.snapshots.port import Snapshot, SnapshotStore

BACKOFF_S = (0.1, 5.0)
"""The first wait after the store has refused, and the longest: it doubles in between."""
CLOSE_TIMEOUT_S = 5.0
REST = 19
"""A snapshot is followed by so many times as long without one: what they cost stays a twentieth, however
large the state, fast the input or slow the store. What is read again after a death is at most what came in
twenty times of what one takes, where that is more than the policy says. A tenth was measured, too
(docs/performance.md): with it a full exchange takes some 7 % fewer orders a second.
"""

_log = structlog.get_logger()


class Taken(NamedTuple):
    """A snapshot that was taken and has to be written yet."""

    position: bytes | None
    inputs: int
    state: Frozen

    def snapshot(self) -> Snapshot:
        return Snapshot(self.position, self.inputs, self.state.snapshot())


class Saver(Protocol):
    """Saves one snapshot at a time."""

    problem: TemporaryError | None
    """why snapshots are not kept just now; None while they are"""

    @property
    def busy(self) -> bool:
        """One is on its way, or was until just now: no other can be begun."""
        ...

    def begin(self, take: Callable[[], Taken]) -> None:
        """Take one, now; write and save it, if not at once then later."""
        ...

    def finished(self) -> bool:
        """Whether the one that was begun last has become durable since this was last asked."""
        ...

    def close(self) -> None:
        """Close the store too."""
        ...


class SaverInLoop:
    """Saves at once, in the caller's thread: for tests and whatever else is one thread."""

    def __init__(self, store: SnapshotStore, shard: str) -> None:
        self._store = store
        self._shard = shard
        self._finished = False
        self.problem: TemporaryError | None = None

    @property
    def busy(self) -> bool:
        return False

    def begin(self, take: Callable[[], Taken]) -> None:
        self.problem = None
        try:
            self._store.save(self._shard, take().snapshot())
            self._finished = True
        except TemporaryError as problem:
            self.problem = problem

    def finished(self) -> bool:
        finished, self._finished = self._finished, False
        return finished

    def close(self) -> None:
        self._store.close()


class SaverAside:
    """Writes and saves in a thread of its own: the loop waits for no disk and no server, nor for the writing
    where the engine can freeze its state.

    While the store refuses, the same snapshot is tried again, with backoff, for ever, visibly; taking newer
    ones meanwhile would cost the loop time and come to nothing.
    """

    def __init__(self, store: SnapshotStore, shard: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._shard = shard
        self.problem: TemporaryError | None = None
        self._begun: queue.SimpleQueue[tuple[Taken, float] | None] = queue.SimpleQueue()
        """with how long the loop stood still for it, seconds"""
        self._now_s = now_s
        self._busy = False
        self._rests_until_s = 0.0
        self._durable = threading.Event()
        self._failure: BaseException | None = None
        """what is no TemporaryError: raised in the loop, which halts its shard"""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"snapshots {shard}", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._busy or self._now_s() < self._rests_until_s

    def begin(self, take: Callable[[], Taken]) -> None:
        self._busy = True
        begun_s = self._now_s()
        taken = take()
        self._begun.put((taken, self._now_s() - begun_s))

    def finished(self) -> bool:
        if self._failure is not None:
            raise self._failure
        if not self._durable.is_set():
            return False
        self._durable.clear()
        self._busy = False
        return True

    def close(self) -> None:
        self._closing.set()
        self._begun.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)
        self._store.close()

    def _run(self) -> None:
        try:
            while (begun := self._begun.get()) is not None:
                taken, taking_s = begun
                begun_s = self._now_s()
                snapshot = taken.snapshot()
                self._save(snapshot, taking_s + self._now_s() - begun_s)
        except BaseException as failure:  # noqa: BLE001  # the loop's to raise
            self._failure = failure

    def _save(self, snapshot: Snapshot, written_s: float) -> None:
        """`written_s`: how long it took to take it and to write it down, seconds."""
        wait_s = BACKOFF_S[0]
        while True:
            begun_s = self._now_s()
            try:
                self._store.save(self._shard, snapshot)
            except TemporaryError as problem:
                self.problem = problem
                _log.warning("snapshot not saved for now", shard=self._shard, problem=str(problem))
            else:
                self.problem = None
                saved_s = self._now_s()
                self._rests_until_s = saved_s + REST * (saved_s - begun_s + written_s)
                self._durable.set()
                return
            if self._closing.wait(wait_s):
                return
            wait_s = min(2 * wait_s, BACKOFF_S[1])
