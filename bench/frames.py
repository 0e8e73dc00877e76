"""Commands as the frames that a participant signs, made before anything is timed; and the relay's frames.

A relay's frame is one of ours byte for byte behind the first 64 bytes: where ours has its authentication it
has what a relay needs to know, so that a relay parses nothing and moves the same bytes.
"""

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import SignatureSealer
from bulkhead.wire.frame import AUTHENTICATION_BYTES, join_events, signer_source

RELAY = struct.Struct("<BHII53x")
"""Whether a participant wrote it, its number or the writing shard's, events, where they begin; 64 bytes."""
assert RELAY.size == AUTHENTICATION_BYTES
_PADDING = bytes(53)


@dataclass(frozen=True)
class Sender:
    """A participant as the runtime and the relay know it."""

    number: int
    """among those who take part"""
    name: str
    public_key: bytes
    orders: str
    """the partition that it writes to"""
    reports: str
    """the partition that it reads"""


class Prepared(NamedTuple):
    """A frame that is ready to be sent."""

    sender: Sender

    data: bytes
    last: int
    """sequence of its last event"""
    events: int
    head: int
    """bytes before its events"""


class Signer:
    """One participant's stream of signed frames in one log, of an epoch that was never used before."""

    def __init__(self, log: Log, identity: Identity, sender: Sender, key: Ed25519PrivateKey) -> None:
        self._sender = sender
        source = signer_source(sender.public_key, time.time_ns() // 1000)
        producer = f"{sender.name}/bench"
        self._stream = Source(log, identity, source, sender.orders, SignatureSealer(key), producer)

    def frame(self, events: Sequence[bytes]) -> Prepared:
        """The events as the stream's next frame."""
        data = self._stream.frame(events, time.time_ns() // 1000)
        head = len(data) - len(join_events(events))
        return Prepared(self._sender, data, self._stream.last, len(events), head)

    def close(self) -> None:
        self._stream.close()


def for_relay(frame: Prepared) -> Prepared:
    """The same frame for a relay."""
    head = RELAY.pack(1, frame.sender.number, frame.events, frame.head)
    return frame._replace(data=head + frame.data[RELAY.size :])


def is_relayed(data: bytes) -> bool:
    """Whether a frame begins with a relay's header: no signature has so many zeros in a row."""
    return data[11:AUTHENTICATION_BYTES] == _PADDING
