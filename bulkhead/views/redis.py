"""Writes the read side's pages into Redis, in a thread of its own: a view waits for no server.

A batch is one transaction, so a reader never sees half of one. Beside the pages it writes the partition's
progress: how far the view was. A batch of changes is written only onto the state that it was made from; where
Redis has another one (it was emptied, has lost its end, another process has written), everything is written
anew. What Redis has that is further than this view's state is never overwritten.
"""

import queue
import threading
import time
from collections.abc import Callable
from enum import Enum
from typing import cast

import structlog

from bulkhead.errors import TemporaryError
from bulkhead.redis_access.address import RedisAddress
from bulkhead.redis_access.client import client, failures
from bulkhead.views.pages import Batch, progress_key

INTERVAL_S = 0.05
"""At least so long between two batches: what changes faster is written once, as it is then."""
BACKOFF_S = (0.1, 5.0)
CLOSE_TIMEOUT_S = 5.0

_log = structlog.get_logger()


class Outcome(Enum):
    WRITTEN = "written"
    BEHIND = "behind"
    """Redis has a later state of this partition"""
    ELSEWHERE = "elsewhere"
    """Redis does not have the state that the changes were made from"""


class RedisFeed:
    """Takes one batch at a time for one partition. `wake` is called when it could take another."""

    def __init__(
        self, address: RedisAddress, genesis_id: bytes, partition: str, wake: Callable[[], None]
    ) -> None:
        self._address = address
        self._genesis_id = genesis_id.hex().encode()
        self._partition = partition
        self._progress = f"{address.prefix}{progress_key(partition)}"
        self._wake = wake
        self._client = client(address)
        self._written: int | None = None
        """the sequence that this feed has left in Redis; None: not known"""
        self._batches: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._failure: BaseException | None = None
        self.problem: TemporaryError | None = None
        """why nothing is written just now"""
        self.ready = True
        """whether a batch may be offered"""
        self.lost = False
        """whether the last batch was not written: the next has to be whole"""
        self.wait_for_sequence = 0
        """how far a view has to be to have something new for Redis"""
        self._thread = threading.Thread(target=self._run, name=f"redis {partition}", daemon=True)
        self._thread.start()

    def offer(self, batch: Batch) -> None:
        """Only when it is ready."""
        self.ready = self.lost = False
        self._batches.put(batch)

    def check(self) -> None:
        """Raise what has ended the feed, if anything has."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._closing.set()
        self._batches.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)
        self._client.close()

    def _run(self) -> None:
        try:
            self._take_batches()
        except BaseException as failure:  # noqa: BLE001  # the loop's to raise
            self._failure = failure

    def _take_batches(self) -> None:
        wait_s = 0.0
        while (batch := self._batches.get()) is not None:
            try:
                outcome = self._write(batch)
            except TemporaryError as problem:
                wait_s = min(max(BACKOFF_S[0], 2 * wait_s), BACKOFF_S[1])
                _log.warning("read side not written for now", partition=self._partition, problem=str(problem))
                self.problem, self.lost, self._written = problem, True, None
            else:
                wait_s = INTERVAL_S
                self.problem, self.lost = None, outcome is not Outcome.WRITTEN
            if self._closing.wait(wait_s):
                return
            self.ready = True
            self._wake()

    def _write(self, batch: Batch) -> Outcome:
        prefix = self._address.prefix
        what = f"the read side of {self._partition} was not written"
        with failures(self._address, what), self._client.pipeline() as pipe:
            pipe.watch(self._progress)  # type: ignore[no-untyped-call]
            known = cast(list[bytes | None], pipe.hmget(self._progress, "genesis_id", "sequence"))
            there = int(known[1] or 0) if known[0] == self._genesis_id else None
            if there is not None and there > batch.sequence:
                self.wait_for_sequence = there
                return Outcome.BEHIND
            if not batch.whole and (there is None or there != self._written):
                return Outcome.ELSEWHERE
            pipe.multi()
            for key in sorted(batch.pages.replaced):
                pipe.unlink(prefix + key)
            for key, value in batch.pages.values.items():
                pipe.set(prefix + key, value)
            for key, fields in batch.pages.hashes.items():
                there_are = {name: value for name, value in fields.items() if value is not None}
                gone = [name for name, value in fields.items() if value is None]
                if there_are:
                    pipe.hset(prefix + key, mapping=there_are)  # type: ignore[arg-type]  # its stub is invariant
                if gone:
                    pipe.hdel(prefix + key, *gone)
            progress = {
                "genesis_id": self._genesis_id,
                "sequence": batch.sequence,
                "written_at_us": time.time_ns() // 1000,
            }
            pipe.hset(self._progress, mapping=progress)  # type: ignore[arg-type]  # its stub is invariant
            pipe.execute()
        self._written = batch.sequence
        return Outcome.WRITTEN
