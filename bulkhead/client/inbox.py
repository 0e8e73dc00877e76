"""The receiving end of a participant's reports: dense, without repetitions, and where it was after a restart.

A shard that was restarted sends again what it may have sent: such reports are dropped by their number. A
number that is missing, or a running CRC-32 that is not that of what was read, stops the reading: nothing is
lost unseen.

Frames of internal sources carry a MAC whose key only the exchange has. So a participant can't tell who
wrote a frame: it trusts the log with that (only risk shards may write to reports), and checks that a frame
is for this partition of this exchange and names its risk shard; others are dropped and counted.
"""

from collections import deque
from typing import Any, NamedTuple

import structlog

from bulkhead.client.errors import ReportsBroken
from bulkhead.log.port import Position, Reader
from bulkhead.machines.streams import Gap, InputStream, Mismatch
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Frame, Unreadable, advance_crc, read_frame

RECEIVE_BYTES_MAX = 256 * 1024
"""One batch: about 4,000 reports, 10 ms of work."""

_log = structlog.get_logger()


class Mark(NamedTuple):
    """Up to where reports have been handled."""

    position: Position | None
    """of the last frame that was handled whole"""
    last: int
    """sequence of the last report; it may be inside the next frame"""
    crc: int


class Batch:
    """What one frame brought that was new."""

    __slots__ = ("events", "first", "messages", "position", "reported_at_us")

    def __init__(
        self, position: Position, first: int, events: list[bytes], messages: list[Any], reported_at_us: int
    ) -> None:
        self.position = position
        self.first = first
        self.events = events
        self.messages = messages
        self.reported_at_us = reported_at_us


class Inbox:
    """Reads ahead (`read`), gives out (`take`, `take_one`), and knows what was given out (`mark`).

    `begin` is None where nothing is known of the stream: it is then taken up at the first frame that comes.
    """

    def __init__(
        self,
        reader: Reader,
        exchange_id: str,
        genesis_id: bytes,
        partition: str,
        source: str,
        begin: Mark | None,
        at: Position | None = None,
    ) -> None:
        self._reader = reader
        self._exchange_id = exchange_id
        self._genesis_id = genesis_id
        self._partition = partition
        self._source = source
        self._stream = InputStream(begin.last, begin.crc) if begin else None
        self._mark = begin or Mark(at, 0, 0)
        self._batches: deque[Batch] = deque()
        self._taken = 0
        """messages of the first batch that were given out one by one"""
        self.frames_ignored = 0
        self.repeated = 0
        """reports that had been read before"""
        reader.seek(self._mark.position)

    def read(self, timeout_s: float) -> list[Batch]:
        """What the log has, after at most `timeout_s` of waiting; it is also kept, to be given out.

        ReportsBroken: a report is missing, or this is another stream. TemporaryError: try again.
        """
        records = self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)
        batches = []
        for position, data in records:
            frame = self._readable(data)
            if frame is not None:
                batch = self._batch(position, frame)
                if batch is not None:
                    batches.append(batch)
                    self._batches.append(batch)
        return batches

    def _readable(self, data: bytes) -> Frame | None:
        try:
            frame = read_frame(data)
        except Unreadable as problem:
            self._ignore(str(problem))
            return None
        if (
            frame.source != self._source
            or frame.destination != self._partition
            or frame.exchange_id != self._exchange_id
            or frame.genesis_id != self._genesis_id
        ):
            self._ignore(
                f"a frame from {frame.source} for {frame.destination} of exchange {frame.exchange_id!r}"
            )
            return None
        return frame

    def _ignore(self, what: str) -> None:
        self.frames_ignored += 1
        _log.warning("reports_frame_ignored", partition=self._partition, expected=self._source, found=what)

    def _batch(self, position: Position, frame: Frame) -> Batch | None:
        stream = self._stream
        if stream is None:
            stream = self._stream = InputStream(frame.first - 1, frame.crc)
            self._mark = Mark(self._mark.position, stream.last, stream.crc)
        try:
            events = stream.admit(frame)
        except (Gap, Mismatch) as problem:
            raise ReportsBroken(
                f"{self._partition}: {problem}. The log has lost reports, or this program's state is not"
                f" of this"
                f" log; ask the exchange for a copy of the reports, or connect without the state file to"
                f" go on"
                f" from now"
            ) from problem
        self.repeated += len(frame.events) - len(events)
        if not events:
            return None
        # Decoded before they count as seen: a report that can't be read stops every later reading too.
        messages = [self._decode(event) for event in events]
        first = stream.last + 1
        stream.take(events)
        return Batch(position, first, events, messages, frame.sent_at_us)

    def _decode(self, event: bytes) -> Any:
        try:
            return decode(event)
        except (Malformed, TypeUnknown) as problem:
            raise ReportsBroken(
                f"{self._partition}: a report can't be read: {problem}; is this client older than the"
                f" exchange?"
                f" Install the exchange's version"
            ) from problem

    @property
    def waiting(self) -> bool:
        """Whether there is something to give out without reading."""
        return bool(self._batches)

    def take(self) -> list[Any]:
        """Everything that was read and not given out."""
        messages: list[Any] = []
        while self._batches:
            batch = self._batches[0]
            messages += batch.messages[self._taken :] if self._taken else batch.messages
            self._finish(batch)
        return messages

    def take_one(self) -> tuple[int, Any, int]:
        """(sequence, message, reported_at_us) of the next report; only when something is `waiting`."""
        batch = self._batches[0]
        index = self._taken
        self._taken += 1
        if self._taken == len(batch.messages):
            self._finish(batch)
        return batch.first + index, batch.messages[index], batch.reported_at_us

    def _finish(self, batch: Batch) -> None:
        self._batches.popleft()
        self._taken = 0
        self._mark = Mark(
            batch.position, batch.first + len(batch.events) - 1, advance_crc(self._mark.crc, batch.events)
        )

    def mark(self) -> Mark:
        """Up to where everything has been given out."""
        if not self._taken:
            return self._mark
        position, last, crc = self._mark
        return Mark(position, last + self._taken, advance_crc(crc, self._batches[0].events[: self._taken]))

    def close(self) -> None:
        self._reader.close()
