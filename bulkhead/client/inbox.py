"""The receiving end of a participant's reports: dense, without repetitions, and where it was after a restart.

One risk shard tells a participant everything, until its slot moves: then the next one does, from its
MovedHere on, and is read behind the first one's MovedAway. In the partition the one may stand before the
other: what the next one has said is kept until then.

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
from bulkhead.domain.messages.moving import MovedAway, MovedHere
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
    """in the partition; up to it everything has been handled that will be"""
    last: int
    """sequence of the last report; it may be behind `position`. 0: none of this shard's yet"""
    crc: int
    shard: int
    """the risk shard that says them"""
    move_id: int = 0
    """the move by which it came to do so; 0: none that is known"""


class _Read(NamedTuple):
    """A frame that was read."""

    number: int
    """the how manieth"""
    before: Position | None
    """where the reading has to begin for it to come again"""
    position: Position
    frame: Frame


class Batch:
    """What one frame brought that was new."""

    __slots__ = ("begin", "events", "messages", "position", "reported_at_us")

    def __init__(
        self,
        begin: Mark,
        position: Position | None,
        events: list[bytes],
        messages: list[Any],
        reported_at_us: int,
    ) -> None:
        self.begin = begin
        """before it; its position is not used"""
        self.position = position
        self.events = events
        self.messages = messages
        self.reported_at_us = reported_at_us

    def mark(self, position: Position | None, taken: int) -> Mark:
        """When so many of its messages have been handled."""
        _, last, crc, shard, move_id = self.begin
        if taken == len(self.messages) and isinstance(away := self.messages[-1], MovedAway):
            return Mark(position, 0, 0, away.risk_shard, away.move_id)
        return Mark(position, last + taken, advance_crc(crc, self.events[:taken]), shard, move_id)


class Inbox:
    """Reads ahead (`read`), gives out (`take`, `take_one`), and knows what was given out (`mark`)."""

    def __init__(
        self,
        reader: Reader,
        exchange_id: str,
        genesis_id: bytes,
        partition: str,
        begin: Mark,
        *,
        from_now: bool = False,
    ) -> None:
        """`from_now`: nothing is known of the stream, which is taken up at the first frame that comes."""
        self._reader = reader
        self._exchange_id = exchange_id
        self._genesis_id = genesis_id
        self._partition = partition
        self._mark = begin
        self.shard = begin.shard
        """the risk shard that is read"""
        self._move_id = begin.move_id
        self.is_moving = not from_now and not begin.last and begin.move_id > 0
        """whether that shard has said nothing yet: the participant is on its way to it"""
        self._stream = None if from_now or self.is_moving else InputStream(begin.last, begin.crc)
        self._ahead: dict[str, deque[_Read]] = {}
        """frames of shards that say that it is theirs, before the one that is read has said that it left"""
        self._frames_read = 0
        self._read_to = begin.position
        self._batches: deque[Batch] = deque()
        self._new: list[Batch] = []
        self._taken = 0
        """messages of the first batch that were given out one by one"""
        self.frames_ignored = 0
        self.repeated = 0
        """reports that had been read before"""
        reader.seek(begin.position)

    @property
    def _source(self) -> str:
        return f"risk/{self.shard}"

    def read(self, timeout_s: float) -> list[Batch]:
        """What the log has, after at most `timeout_s` of waiting; it is also kept, to be given out.

        ReportsBroken: a report is missing, or this is another stream. TemporaryError: try again.
        """
        self._new = []
        try:
            for position, data in self._reader.receive(RECEIVE_BYTES_MAX, timeout_s):
                frame = self._readable(data)
                if frame is not None:
                    self._frames_read += 1
                    self._arrived(_Read(self._frames_read, self._read_to, position, frame))
                self._read_to = position
        finally:
            self._batches.extend(self._new)
        return self._new

    def _readable(self, data: bytes) -> Frame | None:
        try:
            frame = read_frame(data)
        except Unreadable as problem:
            self._ignore(str(problem))
            return None
        if (
            frame.destination != self._partition
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

    def _arrived(self, read: _Read) -> None:
        frame = read.frame
        source = frame.source
        if source in self._ahead:
            self._ahead[source].append(read)
        elif source == self._source:
            self._take(read)
        elif source.startswith("risk/") and self._has_newer_move(frame):
            self._ahead[source] = deque([read])
        elif source.startswith("risk/") and self._move_id:  # one that had the participant; restarted
            self.repeated += len(frame.events)
        else:
            self._ignore(f"a frame from {source}")
        while kept := self._ahead.get(self._source):
            self._take(kept.popleft())
        self._ahead = {source: kept for source, kept in self._ahead.items() if kept}

    def _has_newer_move(self, frame: Frame) -> bool:
        return any(
            isinstance(message, MovedHere) and message.move_id > self._move_id
            for message in map(self._decode, frame.events)
        )

    def _take(self, read: _Read) -> None:
        """A frame of the shard that is read."""
        frame = read.frame
        stream = self._stream or self._begin(frame)
        if stream is None:  # it says again what it had said when the participant was there before
            self.repeated += len(frame.events)
            return
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
        self._stream, self.is_moving = stream, False
        self.repeated += len(frame.events) - len(events)
        if not events:
            return
        # Decoded before they count as seen: a report that can't be read stops every later reading too.
        messages = list(map(self._decode, events))
        away = next((place for place, each in enumerate(messages) if isinstance(each, MovedAway)), None)
        if away is not None:
            events, messages = events[: away + 1], messages[: away + 1]
        begin = Mark(None, stream.last, stream.crc, self.shard, self._move_id)
        stream.take(events)
        if away is not None:
            self._leave(messages[-1], read)
        # What is kept has to come again after a restart.
        oldest = min((kept[0] for kept in self._ahead.values() if kept), default=None)
        position: Position | None = read.position
        if oldest is not None and oldest.number <= read.number:
            position = oldest.before
        self._new.append(Batch(begin, position, events, messages, frame.sent_at_us))

    def _begin(self, frame: Frame) -> InputStream | None:
        """The stream where this frame takes it up; None: this one doesn't."""
        place = 0
        if self.is_moving:
            messages = enumerate(map(self._decode, frame.events))
            here = (
                place
                for place, message in messages
                if isinstance(message, MovedHere) and message.move_id == self._move_id
            )
            found = next(here, None)
            if found is None:
                return None
            place = found
        stream = InputStream(frame.first + place - 1, advance_crc(frame.crc, frame.events[:place]))
        if not self.is_moving:
            position = self._mark.position
            self._mark = Mark(position, stream.last, stream.crc, self.shard, self._move_id)
        return stream

    def _leave(self, away: MovedAway, read: _Read) -> None:
        """The next shard is read from now on. `read`: the frame that says so, whose rest may be of a later
        time, when the participant was back.
        """
        self.shard, self._move_id = away.risk_shard, away.move_id
        self._stream, self.is_moving = None, True
        if self._has_newer_move(read.frame):
            self._ahead.setdefault(read.frame.source, deque()).appendleft(read)
        for source, kept in self._ahead.items():
            if source != self._source and not any(self._has_newer_move(each.frame) for each in kept):
                kept.clear()

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
        return batch.begin.last + 1 + index, batch.messages[index], batch.reported_at_us

    def _finish(self, batch: Batch) -> None:
        self._batches.popleft()
        self._taken = 0
        self._mark = batch.mark(batch.position, len(batch.messages))

    def mark(self) -> Mark:
        """Up to where everything has been given out."""
        if not self._taken:
            return self._mark
        return self._batches[0].mark(self._mark.position, self._taken)

    def close(self) -> None:
        self._reader.close()
