"""The one writer to a risk shard's partition that all lanes of a gateway share."""

import threading

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Log


class Outlet:
    """Any thread may forward; the frames of each stay in its order.

    A writer for each of 500 lanes would be 500 connections that contend for one lock of the log.
    """

    def __init__(self, log: Log, partition: str, producer: str) -> None:
        self.partition = partition
        self.problem: TemporaryError | None = None
        """what the log said last, if it refuses"""
        self._fatal: FatalError | None = None
        self._sent = 0
        self._confirmed = 0
        self._lock = threading.Lock()
        self._writer = log.writer(partition, producer)

    def forward(self, frame: bytes) -> int:
        """Send the frame; which one it is: the log has it once `confirmed` says as much."""
        with self._lock:
            self._sent += 1
            self._writer.send(frame, self._sent)
            self._push()
            return self._sent

    def confirmed(self) -> int:
        """Push what is queued; how many forwarded frames the log has. FatalError: it will have no more."""
        with self._lock:
            self._push()
            if self._fatal is not None:
                raise self._fatal
            return self._confirmed

    def _push(self) -> None:
        try:
            self._confirmed = self._writer.poll()
            self.problem = None
        except TemporaryError as problem:
            self.problem = problem
        except FatalError as problem:
            # No lane's own failure: the gateway's, which asks for what is confirmed.
            self._fatal = problem

    def pending(self) -> int:
        """How many forwarded frames the log has not confirmed."""
        with self._lock:
            return self._writer.pending()

    def close(self) -> None:
        with self._lock:
            self._writer.close()
