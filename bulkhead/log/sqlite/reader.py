"""Reads one partition of the embedded log."""

import os
import time
from pathlib import Path
from urllib.parse import quote

import apsw

from bulkhead.errors import FatalError
from bulkhead.log.names import beyond_end, check_frame, decode_offset, encode_offset
from bulkhead.log.port import Position, Record
from bulkhead.log.sqlite import segments
from bulkhead.log.sqlite.checkpoint import Checkpointer
from bulkhead.log.sqlite.failures import failure, patiently
from bulkhead.log.sqlite.nudge import Listener

_FOLLOWING = "select off, body from f where off > ? order by off"


class SqliteReader:
    """A `Reader`.

    It holds no read transaction between calls: with one the write-ahead log could never start over.
    """

    def __init__(self, directory: Path, name: str, subscription: str, checkpointer: Checkpointer) -> None:
        self._directory = directory
        self._name = name
        self._acknowledged_path = directory / "subscriptions" / quote(subscription, safe="")
        self._checkpointer = checkpointer
        self._connection: apsw.Connection | None = None
        self._number = 0
        self._at = 0
        self._interrupted = False
        self._closed = False
        self.seek(None)
        self._listener = Listener(directory / "listeners")

    def seek(self, position: Position | None) -> None:
        offset = decode_offset(position, self._name)
        end = segments.end(self._directory) if offset else 0
        if offset > end:
            raise beyond_end(self._name, offset, end)
        number, kept = segments.find(self._directory, offset)
        if position is not None and offset < kept:
            raise FatalError(
                f"{self._name}: what follows position {offset} is gone, the log begins at {kept + 1};"
                f" start from a newer snapshot, or put the archived segments back into {self._directory}"
            )
        if position is not None and offset > kept:
            check_frame(self._name, position, self._frame(number, offset))
        self._enter(number)
        self._at = max(offset, kept)

    def _frame(self, number: int, offset: int) -> bytes:
        """The frame at an offset, which is in segment `number`."""

        def read() -> bytes | None:
            connection = segments.connect(self._directory, number)
            try:
                return segments.frame(connection, offset)
            finally:
                connection.close()

        frame = patiently(read, f"reading {self._name} at offset {offset}")
        if frame is None:
            raise self._gap(offset - 1, offset + 1)
        return frame

    def seek_back(self, frames: int) -> None:
        offset = segments.end(self._directory) - frames
        number, kept = segments.find(self._directory, max(offset, 0))
        self._enter(number)
        self._at = max(offset, kept)

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        deadline = time.monotonic() + timeout_s
        while True:
            records = self._read(bytes_max)
            if records:
                self._checkpointer.touched(self._directory, self._number)
                return records
            left_s = deadline - time.monotonic()
            if self._interrupted or left_s <= 0:
                self._interrupted = False
                return []
            # A nudge sent since the read above waits in the socket: it can't be missed.
            self._listener.wait(min(left_s, self._listener.fallback_s))

    def _read(self, bytes_max: int) -> list[Record]:
        """What follows the position, going on into the next segment where this one is sealed and read up."""
        while True:
            records = self._following(bytes_max)
            if records:
                return records
            sealed = self._sealed()
            if sealed is None:
                return []
            if sealed > self._at:
                # They were committed between the two looks: after a seal nothing is.
                records = self._following(bytes_max)
                if not records:
                    raise self._gap(self._at, sealed)
                return records
            self._enter(self._number + 1)

    def _following(self, bytes_max: int) -> list[Record]:
        """What follows the position in this segment; the reader moves only when all of it is read."""

        def read() -> list[Record]:
            records: list[Record] = []
            at = self._at
            room = bytes_max
            cursor = self._open().cursor()
            try:
                for offset, frame in cursor.execute(_FOLLOWING, (at,)):
                    room -= len(frame)
                    if room < 0 and records:
                        break
                    if offset != at + 1:
                        raise self._gap(at, offset)
                    at = offset
                    records.append(Record(encode_offset(offset, frame), frame))
            finally:
                # Ends the read transaction also when rows are left.
                cursor.close(True)
            return records

        what = f"reading {self._name} in {segments.path(self._directory, self._number)}"
        records = patiently(read, what)
        self._at += len(records)
        return records

    def _sealed(self) -> int | None:
        connection = self._open()
        return patiently(lambda: segments.state(connection), f"reading the seal of {self._name}").sealed

    def _gap(self, at: int, found: int) -> FatalError:
        return FatalError(
            f"{self._name}: after offset {at} comes {found}: the log in"
            f" {segments.path(self._directory, self._number)} lost frames; restore it from a copy"
        )

    def _open(self) -> apsw.Connection:
        if self._connection is None:
            raise FatalError(f"{self._name}: this reader is closed; make a new one")
        return self._connection

    def _enter(self, number: int) -> None:
        """Read from segment `number` from now on."""
        if self._closed:
            raise FatalError(f"{self._name}: this reader is closed; make a new one")
        connection = patiently(
            lambda: segments.connect(self._directory, number),
            f"opening {segments.path(self._directory, number)}",
        )
        if self._connection is not None:
            self._connection.close()
        self._connection, self._number = connection, number

    def interrupt(self) -> None:
        self._interrupted = True
        self._listener.wake()

    def acknowledge(self, position: Position) -> None:
        # 8 bytes written in place: never torn by a kill, and after a power loss at worst older, or empty,
        # which retention reads as nothing acknowledged.
        offset = decode_offset(position, self._name)
        try:
            self._acknowledged_path.parent.mkdir(exist_ok=True)
            descriptor = os.open(self._acknowledged_path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(descriptor, offset.to_bytes(8, "big"), 0)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise failure(error, f"acknowledging in {self._acknowledged_path}") from error

    def end(self) -> Position | None:
        offset = self._end()
        if not offset:
            return None
        number, _ = segments.find(self._directory, offset)
        return encode_offset(offset, self._frame(number, offset))

    def lag(self) -> int:
        return self._end() - self._at

    def _end(self) -> int:
        connection = self._open()
        last, sealed = patiently(lambda: segments.state(connection), f"reading the end of {self._name}")
        return segments.end(self._directory) if sealed is not None or last is None else last

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._listener.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
