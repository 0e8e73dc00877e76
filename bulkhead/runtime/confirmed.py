"""What a shard tells with its lease: up to which position its outputs are confirmed, and its newest mark.

A standby keeps what it would have sent since then, and sends that first when it takes the lease; not knowing
it costs repetitions only. And it compares the mark with its own. A holder that goes offers the lease: who
follows takes it at once, without a suspicion.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Lease, Position
from bulkhead.runtime.marks import NONE, Mark
from bulkhead.runtime.publisher import Publisher

EVERY_US = 250_000
"""On Pulsar a message each time, and its way back: 9 shards cost 1% of a core so often."""


class Told(NamedTuple):
    """The record that a lease's holder publishes."""

    position: Position
    events: int
    """that the machine had applied then, in all its history"""
    mark: Mark
    offered: bool = False
    """its holder goes, and says nothing after that position: another replica is to take the lease now"""


def encode_told(told: Told) -> bytes:
    """MessagePack, [position, events, [tick, digest], offered]: at most 101 of a record's 256 bytes."""
    return _encode(told)


def decode_told(record: bytes) -> Told:
    """Also of one that was written before leases were offered: without its last field."""
    return _decode(record)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Told).decode


class ConfirmedPosition:
    """Remembers one position with what had been sent by then, and publishes it once all that is confirmed."""

    def __init__(self, lease: Lease, publisher: Publisher, now_us: Callable[[], int]) -> None:
        self._lease = lease
        self._publisher = publisher
        self._now_us = now_us
        self._published: Position | None = None
        self._published_at_us = 0
        self._next: tuple[Position, int, dict[str, int]] | None = None

    def look(self, position: Position | None, events: int, mark: Mark = NONE) -> None:
        """`position`: of the last frame, `events` applied by then; all outputs up to there have been sent.

        Superseded, FatalError: as `Lease`.
        """
        if self._next is None:
            # Whichever way the wall clock jumps, the next one is not far.
            due = not 0 <= self._now_us() - self._published_at_us < EVERY_US
            if not due or position is None or position == self._published:
                return
            self._next = (position, events, self._publisher.sent())
        reached, applied, sent = self._next
        if not self._publisher.has_confirmed(sent):
            return
        self._next, self._published, self._published_at_us = None, reached, self._now_us()
        try:
            self._lease.publish(encode_told(Told(reached, applied, mark)))
        except TemporaryError:
            return  # advisory: a later one will do

    def offer(self, position: Position, events: int, mark: Mark) -> None:
        """Say with the lease that all up to there is confirmed, and that whoever follows may take it.

        Superseded, FatalError, TemporaryError: as `Lease`.
        """
        self._lease.publish(encode_told(Told(position, events, mark, offered=True)))
