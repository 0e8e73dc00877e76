"""What machines have said to a partition, each thing once, for somebody who only looks."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog

from bulkhead.log.port import Log
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import Frame, Unreadable

RECEIVE_BYTES_MAX = 1 << 20

_log = structlog.get_logger()


class Told(NamedTuple):
    source: str
    """the machine that said it"""
    sent_at_us: int
    """its wall time, microseconds since 1970: of the last time that it was told, after a restart"""
    message: Any


class ToldReader:
    """From the partition's beginning on. `verifier` is for the partition: what it refuses was said by no
    machine of this exchange, whoever wrote it there. Where the log has lost something, as power loss may, the
    program's log says it, and the reading goes on. Belongs to one thread. TemporaryError, FatalError: the
    log's.
    """

    def __init__(self, log: Log, partition: str, verifier: Verifier, name: str) -> None:
        self._verifier = verifier
        self._reader = log.reader(partition, name)
        self._last: dict[str, int] = {}
        """by source: the number of its last event read"""

    def so_far(self, timeout_s: float = 0.0) -> Iterator[Told]:
        """All that has not been read yet, after at most `timeout_s` of waiting for the first of it."""
        while records := self._reader.receive(RECEIVE_BYTES_MAX, timeout_s):
            timeout_s = 0.0
            for _, data in records:
                frame = self._verified(data)
                if frame is not None:
                    yield from self._new(frame)

    def _new(self, frame: Frame) -> Iterator[Told]:
        for sequence, event in enumerate(frame.events, frame.first):
            # A shard that was restarted says again what it may have said.
            last = self._last.get(frame.source, 0)
            if sequence > last:
                if sequence > last + 1:
                    _log.warning(
                        "log_has_lost",
                        partition=frame.destination,
                        source=frame.source,
                        after=last,
                        before=sequence,
                    )
                self._last[frame.source] = sequence
                yield Told(frame.source, frame.sent_at_us, decode(event))

    def _verified(self, data: bytes) -> Frame | None:
        """The frame of a machine of this exchange; None for any other."""
        try:
            frame = self._verifier.check(data)
        except Unreadable:
            return None
        return frame if frame.signer is None else None

    def close(self) -> None:
        self._reader.close()
