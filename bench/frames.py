"""Commands as the frames that a participant signs, made before anything is timed; and the relay's frames.

A relay's frame is one of ours byte for byte behind the first 64 bytes: where ours has its authentication it
has what a relay needs to know, so that a relay parses nothing and moves the same bytes.
"""

import struct
import time
from collections.abc import Sequence
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


class Prepared(NamedTuple):
    """A frame that is ready to be sent."""

    data: bytes
    last: int
    """sequence of its last event"""
    events: int
    head: int
    """bytes before its events"""


class Signer:
    """One participant's stream of signed frames in one log, of an epoch that was never used before."""

    def __init__(self, log: Log, identity: Identity, orders: str, key: Ed25519PrivateKey, name: str) -> None:
        self.public_key = key.public_key().public_bytes_raw()
        self.source = signer_source(self.public_key, time.time_ns() // 1000)
        self._stream = Source(log, identity, self.source, orders, SignatureSealer(key), f"{name}/bench")

    def frames(self, events: Sequence[bytes], events_max: int) -> list[Prepared]:
        """The events as the stream's next frames, at most `events_max` in each."""
        made = []
        for start in range(0, len(events), events_max):
            some = events[start : start + events_max]
            data = self._stream.frame(some, time.time_ns() // 1000)
            made.append(Prepared(data, self._stream.last, len(some), len(data) - len(join_events(some))))
        return made

    def close(self) -> None:
        self._stream.close()


def for_relay(frame: Prepared, participant: int) -> Prepared:
    """The same frame for a relay, as the participant of this number sends it."""
    head = RELAY.pack(1, participant, frame.events, frame.head)
    return frame._replace(data=head + frame.data[RELAY.size :])
