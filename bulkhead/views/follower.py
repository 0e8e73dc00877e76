"""Follows one market_data partition straight from the log, for somebody who only looks.

It needs no key and no other process: it works while every actor is down, and nobody waits for it. Where a
view has written snapshots of the books it begins with the newest, otherwise at the feed's beginning.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.streams import Gap, InputStream, Mismatch
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.snapshots import newest_snapshot
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Unreadable, advance_crc, read_frame

RECEIVE_BYTES_MAX = 256 * 1024
"""One step: about 7,000 events, 20 to 40 ms; a screen that is drawn between two steps stays alive."""


class _Nowhere(Outbox):
    """A view says nothing."""

    source = ""

    def send(self, destination: str, message: object) -> None:
        raise FatalError(f"a view wanted to say {message!r} to {destination}")


class Follower:
    """A view of a partition's books as they are now. Belongs to one thread.

    Without the key of internal frames it cannot tell who wrote one. It takes what bears the exchange's ids,
    this partition and its book as the source, with the right numbers and CRC-32; so it trusts those who may
    write to the partition, as every reader of public market data does.
    """

    def __init__(
        self, log: Log, partition: str, exchange_id: str, genesis_id: bytes, from_beginning: bool = False
    ) -> None:
        """`partition` is market_data/N, of book/N. FatalError: the log does not have it, or has lost the end
        that a snapshot was taken at. TemporaryError: it can't be looked for snapshots now.
        """
        name = partition.replace("market_data/", "watch/")
        self.view = MarketDataView()
        self.began_at = 0
        """the feed's event up to which a snapshot told it; 0: none did"""
        self.frames_skipped = 0
        """frames that are not its book's: no view counts them"""
        self._book = partition.replace("market_data/", "book/")
        self._accepted = (exchange_id, genesis_id, self._book, partition)
        self._stream = InputStream()
        self._out = _Nowhere()
        self._reader = log.reader(partition, name)
        if not from_beginning:
            snapshot = newest_snapshot(log, partition, exchange_id, genesis_id, name)
            if snapshot is not None:
                self._reader.seek(snapshot.position)
                self._apply(snapshot.events)
                self.began_at = self._stream.last = snapshot.sequence

    @property
    def events_applied(self) -> int:
        """Events of market data, since the partition began; a snapshot's stand for those before it."""
        return self._stream.last

    def step(self, timeout_s: float) -> int:
        """Apply what is there, up to a size; wait up to `timeout_s` for something. How many frames were read.

        TemporaryError: try again. FatalError: the log is damaged, or the partition is not one stream's.
        """
        records = self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)
        for _, data in records:
            try:
                frame = read_frame(data)
            except Unreadable:
                self.frames_skipped += 1
                continue
            if (frame.exchange_id, frame.genesis_id, frame.source, frame.destination) != self._accepted:
                self.frames_skipped += 1
                continue
            stream = self._stream
            if stream.last == self.began_at > 0:  # a snapshot does not tell the CRC-32 up to it
                stream.crc = advance_crc(frame.crc, frame.events[: max(stream.last + 1 - frame.first, 0)])
            try:
                events = stream.admit(frame)
            except (Gap, Mismatch) as problem:
                raise FatalError(f"{frame.destination}: from {self._book}: {problem}") from problem
            self._apply(events)
            stream.take(events)
        return len(records)

    def _apply(self, events: list[bytes]) -> None:
        handlers = self.view.handlers
        for event in events:
            try:
                message = decode(event)
            except (Malformed, TypeUnknown) as problem:
                raise FatalError(
                    f"{self._book} says what this program can't read ({problem}); install the exchange's"
                    f" version"
                ) from problem
            handler = handlers.get(type(message))
            if handler is None:
                raise FatalError(f"{self._book} says {message!r}, which is no market data")
            handler(message, self._out)

    def lag(self) -> int:
        """Frames of the partition that have not been read."""
        return self._reader.lag()

    def close(self) -> None:
        self._reader.close()
