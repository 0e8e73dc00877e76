"""Segment files: their names, schema, making, and the questions that readers and writers both ask.

Invariants:
- Offsets in a partition are dense from 1; a segment holds a run of them, the next segment the next run.
- Exactly one segment is active: the last one whose predecessor is sealed. Only it is appended to.
- A segment is sealed by a row that names its last offset, in a transaction that is on the disk before
  anyone can see it. So a later segment never survives a power loss that an earlier one's tail did not.
- The next segment exists, empty, before the seal does.
- The newest sealed segment stays while its successor is empty: it says where the successor begins.
"""

import os
import re
import secrets
from pathlib import Path
from typing import NamedTuple

import apsw

from bulkhead.errors import FatalError
from bulkhead.log.sqlite.failures import patiently

# Retention can drop whole segments only, and a checkpoint rewrites at most one.
SEGMENT_BYTES = 256 * 1024 * 1024

# Where a write-ahead log that has started over is cut off, and from which size on one is made to.
WAL_BYTES = 16 * 1024 * 1024

APPLICATION_ID = 0x424C4B48  # "BLKH", so that file(1) and people can tell what it is
FORMAT_VERSION = 1

_SCHEMA = f"""
pragma application_id = {APPLICATION_ID};
pragma user_version = {FORMAT_VERSION};
create table f(off integer primary key, body blob not null);
create table seal(last integer not null);
"""
_NAME = re.compile(r"([0-9]{8})\.segment")
_STATE = "select (select max(off) from f), (select last from seal)"


class State(NamedTuple):
    """The newest offset in a segment, and the offset at which it was sealed; None where there is none."""

    last: int | None
    sealed: int | None


def path(directory: Path, number: int) -> Path:
    return directory / f"{number:08d}.segment"


def numbers(directory: Path) -> list[int]:
    """The numbers of the partition's segments, ascending."""
    found = (_NAME.fullmatch(name) for name in os.listdir(directory))
    return sorted(int(match[1]) for match in found if match)


def create(directory: Path, number: int) -> None:
    """Make an empty segment unless it is there; whole or not at all, whoever else is making it."""
    target = path(directory, number)
    if target.exists():
        return
    draft = directory / f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        connection = apsw.Connection(str(draft))
        try:
            connection.execute("pragma synchronous = full")
            connection.execute("pragma journal_mode = wal")
            connection.execute(f"begin; {_SCHEMA} commit;")
        finally:
            # The only connection: closing moves the write-ahead log into the file, syncs it and removes it.
            connection.close()
        try:
            os.link(draft, target)
        except FileExistsError:
            return
        sync_directory(directory)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{draft}{suffix}").unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def connect(directory: Path, number: int, *, synchronous: str = "normal") -> apsw.Connection:
    """A connection to a segment that exists; it never checkpoints by itself (checkpoint.py does).

    FatalError if the file is missing or is no segment of this version. apsw errors pass through.
    """
    file = path(directory, number)
    if not file.exists():
        raise FatalError(f"{file} is missing: the log is damaged; restore the file from a copy")
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(0)
        connection.wal_autocheckpoint(0)
        application = connection.pragma("application_id")
        version = connection.pragma("user_version")
        if (application, version) != (APPLICATION_ID, FORMAT_VERSION):
            raise FatalError(
                f"{file} is no log segment of version {FORMAT_VERSION} (application id {application:#x},"
                f" version {version}): was it written by a newer Bulkhead, or copied here by mistake?"
            )
        connection.pragma("synchronous", synchronous)
        connection.pragma("journal_size_limit", WAL_BYTES)
    except BaseException:
        connection.close()
        raise
    return connection


def state(connection: apsw.Connection) -> State:
    return State(*connection.execute(_STATE).get)


def first(connection: apsw.Connection) -> int | None:
    """The oldest offset in a segment, None while it is empty."""
    oldest: int | None = connection.execute("select min(off) from f").get
    return oldest


def frame(connection: apsw.Connection, offset: int) -> bytes | None:
    """The frame at an offset of a segment; None where it has none."""
    body: bytes | None = connection.execute("select body from f where off = ?", (offset,)).get
    return body


class Active(NamedTuple):
    """The segment to append to: its connection, its number and the offset its first frame has."""

    connection: apsw.Connection
    number: int
    base: int


def active(directory: Path, *, synchronous: str = "normal") -> Active:
    """Open the partition's active segment."""
    file = str(directory)
    return patiently(lambda: _active(directory, synchronous), f"opening the log in {file}")


def _active(directory: Path, synchronous: str) -> Active:
    present = numbers(directory)
    number = present[-1]
    while True:
        connection = connect(directory, number, synchronous=synchronous)
        last, sealed = state(connection)
        if sealed is not None:
            connection.close()
            return Active(connect(directory, number + 1, synchronous=synchronous), number + 1, sealed + 1)
        if last is not None or number == present[0]:
            # The base of a segment that holds frames is never asked for.
            return Active(connection, number, 1)
        connection.close()
        number -= 1


def end(directory: Path) -> int:
    """The newest offset of the partition, 0 while it is empty."""
    return patiently(lambda: _end(directory), f"reading the end of the log in {directory}")


def _end(directory: Path) -> int:
    for number in reversed(numbers(directory)):
        connection = connect(directory, number)
        try:
            last = state(connection).last
        finally:
            connection.close()
        if last is not None:
            return last
    return 0


def find(directory: Path, offset: int) -> tuple[int, int]:
    """The segment to read from to get what follows `offset`, and the offset before the first one kept.

    The second number is greater than `offset` when retention dropped what follows it.
    """
    return patiently(lambda: _find(directory, offset), f"looking up offset {offset} in {directory}")


def _find(directory: Path, offset: int) -> tuple[int, int]:
    kept = 0
    present = numbers(directory)
    for number in reversed(present):
        connection = connect(directory, number)
        try:
            oldest = first(connection)
        finally:
            connection.close()
        if oldest is not None:
            kept = oldest - 1
            if oldest <= offset:
                return number, kept
    return present[0], kept
