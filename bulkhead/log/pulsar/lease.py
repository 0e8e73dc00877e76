"""A lease on Pulsar: whose claim stands last in a partition has it.

Every claim, and every record that is published, is a message; the partition's order decides, as it decides
everything else. A record names the place of its sender's claim: what a superseded holder still sends counts
for nothing. (Only who looks for the first time, and meets just that, takes it for the holder until this one
has published again.)

Pulsar's own fencing (ProducerAccessMode.ExclusiveWithFencing) is not used. Tried on 4.0.8 with client 3.13:
after the topic was unloaded, the attempt of a fenced producer to connect again is refused, but throws out the
producer that holds the topic, which is not told: it is connected and its sends are never answered.
"""

import secrets
import time
from contextlib import suppress
from typing import NamedTuple

import msgspec

from bulkhead.errors import TemporaryError
from bulkhead.log.lease import check_record, never_taken, superseded
from bulkhead.log.port import Holding
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.positions import Place, decode, encode
from bulkhead.log.pulsar.reader import PulsarReader
from bulkhead.log.pulsar.writer import PulsarWriter

ANSWER_S = 2.0
"""So long a claim may take to come back from the broker; it takes 10 ms."""
LOOK_EVERY_S = 0.02
"""A look takes 100 to 200 us: at 1,000 steps a second one at each would cost a tenth of a core."""
RECEIVE_BYTES_MAX = 64 * 1024
LOOK_BACK_MESSAGES = 20
"""Behind the newest claim may stand records of the holder before: those that were on their way."""
AT_HAND_S = 1e-6
"""A receive with this timeout gives what the client has got already, without asking the broker."""


class _Claim(NamedTuple):
    """A claim to the lease, with what its holder has published since."""

    place: Place
    token: bytes
    """drawn for each claim: two processes may call themselves the same"""
    seen: Holding


class PulsarLease:
    """A `Lease`. It follows its partition with a reader, and writes to it as a producer of its own."""

    def __init__(
        self,
        reader: PulsarReader,
        writer: PulsarWriter,
        admin: PulsarAdmin,
        topic_partition: tuple[str, int],
        name: str,
        holder: str,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._admin = admin
        self._topic, self._number = topic_partition
        self._name = name
        self.holder = holder
        self._following = False
        self._newest: _Claim | None = None
        self._token = b""
        """of this lease's last claim"""
        self._claiming = False
        """it has been sent and not read back yet"""
        self._mine: Place | None = None
        """where this lease's claim stands, once it has been read"""
        self._sent = 0
        self._looked_at = 0.0
        self._waiting: bytes | None = None
        """a record to be published when the one before has been confirmed"""

    def prepare(self) -> bool:
        return self._writer.prepare()

    def take(self) -> None:
        self._mine = self._waiting = None
        self._begin()
        if not self._claiming:
            self._claiming, self._token = True, secrets.token_bytes(8)
            self._send(b"", b"")
        give_up_at = time.monotonic() + ANSWER_S
        while not self._answered():
            if time.monotonic() > give_up_at:
                raise TemporaryError(f"{self._name}: the broker has not confirmed the claim yet; is it up?")

    def _answered(self) -> bool:
        """Whether this lease's claim has come back, after a moment's waiting for it."""
        self._writer.poll(ANSWER_S)
        self._follow(0.1)
        return self._mine is not None

    def check(self) -> None:
        if self._mine is None:
            raise never_taken(self._name)
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = now
            # As long as the broker is away, what this process sends arrives nowhere either.
            with suppress(TemporaryError):
                self._follow(AT_HAND_S)
        newest = self._newest
        if newest is not None and newest.token != self._token:
            with suppress(TemporaryError):
                self._follow(0.0)  # of several that took it since, the last one is to be named
            raise superseded(self._name, self.holder, (self._newest or newest).seen)
        if self._waiting is not None or self._writer.pending():
            with suppress(TemporaryError):
                self._push()

    def publish(self, record: bytes) -> None:
        check_record(self._name, record)
        self._waiting = bytes(record)
        self.check()

    def holding(self) -> Holding | None:
        self._begin()
        self._follow(0.0)
        return None if self._newest is None else self._newest.seen

    def _begin(self) -> None:
        """Follow the partition from its last messages on."""
        if self._following:
            return
        before = self._admin.extent(self._topic).before_last(LOOK_BACK_MESSAGES)
        self._reader.seek(None if before is None else encode(self._number, before))
        self._following = True

    def _follow(self, timeout_s: float) -> None:
        """Take note of what has come; without time to wait, of everything that the broker has."""
        while records := self._reader.receive(RECEIVE_BYTES_MAX, timeout_s):
            for position, message in records:
                self._note(decode(position, self._name), message)
            if timeout_s > 0:
                return

    def _note(self, place: Place, message: bytes) -> None:
        token, holder, claimed_at, record = _decode(message)
        if not claimed_at and token == self._token:
            self._mine, self._claiming = place, False
        claim = place if not claimed_at else decode(claimed_at, self._name)
        if self._newest is None or claim >= self._newest.place:
            self._newest = _Claim(claim, token, Holding(holder, record))

    def _push(self) -> None:
        """Publish what waits, one record at a time: only the newest is worth sending."""
        self._writer.poll()
        if self._waiting is not None and self._mine is not None and not self._writer.pending():
            record, self._waiting = self._waiting, None
            self._send(encode(self._number, self._mine), record)
            self._writer.poll()

    def _send(self, claimed_at: bytes, record: bytes) -> None:
        self._sent += 1
        self._writer.send(_encode((self._token, self.holder, claimed_at, record)), self._sent)

    def close(self) -> None:
        self._mine = None
        self._reader.close()
        self._writer.close()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[bytes, str, bytes, bytes]).decode
"""(token, holder, the position of its claim, record); the claim itself has neither of the last two"""
