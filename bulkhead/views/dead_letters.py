"""Dead letters, numbered as they stand in their partition: frames that could not be verified, and where."""

from collections.abc import Iterator
from typing import NamedTuple

from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.log.port import Log
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import Frame, Unreadable

PARTITION = "dead_letters/0"
RECEIVE_BYTES_MAX = 1 << 20


class KeptLetter(NamedTuple):
    number: int
    """from 1, the same for everybody who reads the partition"""
    kept_by: str
    """the machine that could not verify the frame"""
    kept_at_us: int
    """its wall time, microseconds since 1970: of the last time that it was told, after a restart"""
    letter: DeadLetter


def dead_letters(log: Log, verifier: Verifier, reader_name: str) -> Iterator[KeptLetter]:
    """All there are now. `verifier` is for PARTITION: what it refuses is no letter, whoever wrote it there.

    TemporaryError, FatalError: the log's.
    """
    reader = log.reader(PARTITION, reader_name)
    told: dict[str, int] = {}
    number = 0
    try:
        while records := reader.receive(RECEIVE_BYTES_MAX, 0.0):
            for _, data in records:
                frame = _verified(verifier, data)
                if frame is None:
                    continue
                for sequence, event in enumerate(frame.events, frame.first):
                    # A shard that was restarted says again what it may have said.
                    if sequence > told.get(frame.source, 0):
                        told[frame.source] = sequence
                        letter = decode(event)
                        if isinstance(letter, DeadLetter):
                            number += 1
                            yield KeptLetter(number, frame.source, frame.sent_at_us, letter)
    finally:
        reader.close()


def _verified(verifier: Verifier, data: bytes) -> Frame | None:
    """The frame of a machine of this exchange; None for any other."""
    try:
        frame = verifier.check(data)
    except Unreadable:
        return None
    return frame if frame.signer is None else None
