"""Snapshots of public books, for who joins late: a view writes them beside its loop, to market_snapshots/N.

Who joins begins with the newest whole one, and goes on in market_data/N behind it (follower.py). Nothing else
depends on them: where none is, the feed is read from its beginning.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from bulkhead.domain.messages.market_data import SnapshotBegun
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log, Position
from bulkhead.machines.interface import Machine
from bulkhead.views.machine import view_of
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, encode
from bulkhead.wire.frame import Unreadable, read_frame

EVERY_EVENTS = 5_000
"""of the feed: reading as many takes 50 ms"""
EVERY_BOOKS = 4
"""Of a large book so many times its orders: who joins reads at most five books' worth. Telling it at each
book's worth of news was 1.0 of the 4.3 us that the view took for an order sent to the exchange; so it is 0.3.
"""
LOOK_BACK_FRAMES = (64, 4096)
"""So many of the newest frames are looked through for a whole snapshot, at first, and then."""
READ_BYTES_MAX = 1 << 20
PROBLEM = "market_snapshots"
"""what a step calls what the log refuses; it holds up no input"""


def snapshots_partition(market_data: str) -> str:
    """market_data/3 -> market_snapshots/3."""
    return market_data.replace("market_data/", "market_snapshots/")


class Stream(Protocol):
    """The sending end of one; runtime.source.Source is."""

    def send(self, events: Sequence[bytes], sent_at_us: int) -> None: ...

    def poll(self, timeout_s: float = 0.0) -> None: ...

    def pending(self) -> int: ...

    def close(self) -> None: ...


class BookSnapshots:
    """A runtime.host.Companion of a view's shard, which follows one market_data partition."""

    def __init__(
        self,
        machine: Machine,
        partition: str,
        position: Callable[[], Position | None],
        stream: Stream,
        now_us: Callable[[], int],
    ) -> None:
        """`machine` is a view's, which reads `partition` and is at `position` of it. `stream` goes to
        snapshots_partition(partition), and is no other process's.
        """
        self._machine, self._view = machine, view_of(machine)
        self._position = position
        self._book = partition.replace("market_data/", "book/")
        self._stream = stream
        self._now_us = now_us
        self._told = machine.events_applied

    def after_step(self) -> dict[str, TemporaryError]:
        try:
            self._stream.poll()
        except TemporaryError as problem:
            return {PROBLEM: problem}
        if not self._stream.pending() and self._due():
            self._tell()
        return {}

    def _due(self) -> bool:
        news = self._machine.events_applied - self._told
        books = EVERY_BOOKS if self._told else 1  # before the first one everybody reads the whole feed
        return news >= max(EVERY_EVENTS, books * self._view.orders_resting)

    def _tell(self) -> None:
        position = self._position()
        assert position is not None  # it has applied something
        self._told = self._machine.events_applied
        events = self._view.retold()
        begun = SnapshotBegun(self._machine.streams().inputs[self._book], position, len(events))
        self._stream.send([encode(begun), *events], self._now_us())

    def close(self) -> None:
        self._stream.close()


class BookSnapshot:
    """One that was read: `events` make a new view what the feed had told by `sequence`, at `position`."""

    def __init__(self, begun: SnapshotBegun) -> None:
        self.sequence = begun.sequence
        self.position: Position = begun.position
        self.events: list[bytes] = []
        self._wanted = begun.events

    @property
    def whole(self) -> bool:
        return len(self.events) == self._wanted


def newest_snapshot(
    log: Log, market_data: str, exchange_id: str, genesis_id: bytes, name: str
) -> BookSnapshot | None:
    """Of that partition of the feed; None: there is none among the newest frames. TemporaryError."""
    partition = snapshots_partition(market_data)
    reader = log.reader(partition, name)
    try:
        for frames in LOOK_BACK_FRAMES:
            reader.seek_back(frames)
            newest: BookSnapshot | None = None
            reading: dict[str, BookSnapshot] = {}
            while records := reader.receive(READ_BYTES_MAX, 0.0):
                for _, data in records:
                    for source, event in _events(data, exchange_id, genesis_id, partition):
                        found = _note(reading, source, event)
                        if found is not None and (newest is None or found.sequence >= newest.sequence):
                            newest = found
            if newest is not None:
                return newest
    finally:
        reader.close()
    return None


def _events(data: bytes, exchange_id: str, genesis_id: bytes, partition: str) -> Iterator[tuple[str, bytes]]:
    """A frame's, each with its source; none of a frame that is not for here. Nobody but the exchange can tell
    who wrote it: as with the feed itself, whoever reads trusts those who may write.
    """
    try:
        frame = read_frame(data)
    except Unreadable:
        return
    if (frame.exchange_id, frame.genesis_id, frame.destination) == (exchange_id, genesis_id, partition):
        for event in frame.events:
            yield frame.source, event


def _note(reading: dict[str, BookSnapshot], source: str, event: bytes) -> BookSnapshot | None:
    """Add an event to its source's snapshot; that one, if it is whole now."""
    try:
        message = decode(event)
    except (Malformed, TypeUnknown):
        reading.pop(source, None)
        return None
    if isinstance(message, SnapshotBegun):
        reading[source] = BookSnapshot(message)
    elif source in reading:
        reading[source].events.append(event)
    else:
        return None
    snapshot = reading[source]
    return reading.pop(source) if snapshot.whole else None
