"""The sending end of a stream outside any shard: gateways, the genesis, the client. It numbers what it
sends.
"""

from collections.abc import Sequence

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.wire.authentication import Sealer
from bulkhead.wire.frame import FRAME_BYTES_MAX, advance_crc, authenticated_bytes, join_events


class Source:
    """Sends events of one stream (source, destination), from a given point of it."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        source: str,
        destination: str,
        sealer: Sealer,
        producer: str,
        last: int = 0,
        crc: int = 0,
        through: str | None = None,
    ) -> None:
        """`through`: the partition to write to, where that is not the destination itself."""
        self._identity = identity
        self._source = source
        self._destination = destination
        self._sealer = sealer
        self._writer = log.writer(destination if through is None else through, producer)
        self.last = last
        """sequence of the last event sent"""
        self._crc = crc

    def frame(self, events: Sequence[bytes], sent_at_us: int) -> bytes:
        """Number the events and seal them as the stream's next frame, without sending it."""
        authenticated = authenticated_bytes(
            self._identity.exchange_id,
            self._identity.genesis_id,
            self._source,
            self._destination,
            self.last + 1,
            self._crc,
            sent_at_us,
            len(events),
            join_events(events),
        )
        self.last += len(events)
        self._crc = advance_crc(self._crc, events)
        return self._sealer.seal(authenticated)

    def send(self, events: Sequence[bytes], sent_at_us: int) -> None:
        """Queue the events as frames of at most FRAME_BYTES_MAX; `poll` pushes them."""
        start, size = 0, 0
        for index, event in enumerate(events):
            if index > start and size + len(event) > FRAME_BYTES_MAX:
                self._writer.send(self.frame(events[start:index], sent_at_us), self.last)
                start, size = index, 0
            size += len(event)
        if start < len(events):
            self._writer.send(self.frame(events[start:], sent_at_us), self.last)

    def prepare(self) -> bool:
        """As a writer's."""
        return self._writer.prepare()

    def poll(self, timeout_s: float = 0.0) -> None:
        """Push what is queued. TemporaryError: it stays queued."""
        self._writer.poll(timeout_s)

    def flush(self, attempts: int = 50) -> None:
        """Push until the log has confirmed everything. TemporaryError after so many refusals in a row."""
        while self._writer.pending():
            try:
                self._writer.poll(1.0)
            except TemporaryError:
                attempts -= 1
                if attempts <= 0:
                    raise

    def pending(self) -> int:
        return self._writer.pending()

    def close(self) -> None:
        self._writer.close()
