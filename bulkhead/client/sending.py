"""The sending end of a session: one stream of commands, to the risk shard that has the participant.

Where its slot moves to another risk shard nothing is sent for a while; then all that was not taken is sent
again, with the same numbers, to that shard.
"""

from collections.abc import Callable, Sequence

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.client.sent import Sent
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.frame import signer_source

_log = structlog.get_logger()


class Sending:
    """`begin` comes first. What the log refuses keeps its number and is offered again, by `push`."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        ingress: str | None,
        participant_id: str,
        private_key: Ed25519PrivateKey,
        now_us: Callable[[], int],
    ) -> None:
        """`ingress`: the partition that the participant writes to; None: its risk shard's."""
        self._log = log
        self._identity = identity
        self._ingress = ingress
        self._sealer = SignatureSealer(private_key)
        self.public_key = private_key.public_key().public_bytes_raw()
        self._producer = f"{participant_id}/{self.public_key.hex()[:16]}"
        self._now_us = now_us
        self._refusing = False
        self._source: Source | None = None
        """None: there is no session, or its participant is on the way to another risk shard"""
        self._sent = Sent()
        self.epoch = 0
        self._shard = 0
        self.sent_at_us = 0
        """when something was sent last"""

    def begin(self, epoch: int, shard: int) -> None:
        """A new session's stream, to this risk shard."""
        self.epoch, self._sent, self._shard = epoch, Sent(), shard
        self._go_on(0, 0)

    def stop(self) -> None:
        """What the log has not taken, and what is sent from now on, waits for `resume`."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def resume(self, shard: int, last: int) -> None:
        """Go on at a risk shard that has taken the stream up to event `last`. ValueError: it can't have."""
        crc, rest = self._sent.after(last)
        self._shard = shard
        source = self._go_on(last, crc)
        _log.info("client_has_moved", partition=self.written, resent=len(rest))
        source.send(rest, self._now_us())
        self.push()

    def _go_on(self, last: int, crc: int) -> Source:
        self.stop()
        self._source = Source(
            self._log,
            self._identity,
            signer_source(self.public_key, self.epoch),
            f"orders/{self._shard}",
            self._sealer,
            self._producer,
            last,
            crc,
            through=self.written,
        )
        return self._source

    @property
    def written(self) -> str:
        """The partition that commands are written to."""
        return self._ingress or f"orders/{self._shard}"

    @property
    def last(self) -> int:
        """Sequence of the last event sent in this session."""
        return self._sent.last

    @property
    def stopped(self) -> bool:
        return self._source is None

    @property
    def pending(self) -> int:
        """Frames that the log has not taken; while nothing is sent: 1, if something waits."""
        if self._source is not None:
            return self._source.pending()
        return 1 if self._sent.last else 0

    def taken(self, sequence: int) -> None:
        """The exchange has answered this event."""
        self._sent.taken(sequence)

    def send(self, events: Sequence[bytes]) -> None:
        if not events:
            return
        self.sent_at_us = self._now_us()
        self._sent.add(events)
        if self._source is not None:
            self._source.send(events, self.sent_at_us)
            self.push()

    def push(self) -> None:
        """Offer the log what is queued."""
        if self._source is None or not self._source.pending():
            return
        try:
            self._source.poll()
        except TemporaryError as problem:
            if not self._refusing:
                self._refusing = True
                _log.warning("client_log_refuses", partition=self.written, error=str(problem))
        else:
            if self._refusing:
                self._refusing = False
                _log.info("client_log_takes_again", partition=self.written)

    def poll(self, timeout_s: float) -> None:
        """As a writer's, while it is not stopped. TemporaryError: it stays queued."""
        if self._source is not None:
            self._source.poll(timeout_s)
