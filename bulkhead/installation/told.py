"""All that stands in a partition, authentic and each event once, for who only reads it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.codec import Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Unreadable

RECEIVE_BYTES_MAX = 1 << 20


class Told(NamedTuple):
    source: str
    signer: tuple[bytes, int] | None
    """public key and epoch; None: an internal source"""
    sequence: int
    sent_at_us: int
    """the sender's wall time, microseconds since 1970"""
    message: Any
    """None: an event that can't be read"""


def everything_told(log: Log, identity: Identity, partition: str) -> Iterator[Told]:
    """In the partition's order, without what nobody of this exchange has said (it is a dead letter).

    TemporaryError, FatalError: the log's.
    """
    verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
    reader = log.reader(partition, "operator")
    last: dict[str, int] = {}
    try:
        while records := reader.receive(RECEIVE_BYTES_MAX, 0.0):
            for _, data in records:
                try:
                    frame = verifier.check(data)
                except Unreadable:
                    continue
                for sequence, event in enumerate(frame.events, frame.first):
                    # Who was restarted says again what it may have said.
                    if sequence > last.get(frame.source, 0):
                        last[frame.source] = sequence
                        yield Told(frame.source, frame.signer, sequence, frame.sent_at_us, _readable(event))
    finally:
        reader.close()


def _readable(event: bytes) -> Any:
    try:
        return decode(event)
    except (Malformed, TypeUnknown):
        return None
