"""How far a shard's output streams are in the log, whoever sent them."""

import sys
from collections.abc import Iterable, Mapping

from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import Unreadable, read_frame

FIRST_LOOK_FRAMES = 1024
"""So many of a partition's newest frames are looked through at first; then eight times as many, and so on."""
FIRST_WORD_FRAMES_MAX = 8 * FIRST_LOOK_FRAMES
"""So many of the newest at most, where a shard may never have said anything: who has passed an event has done
so lately. Of 300 bytes on the embedded log they take 0.07 s, and a loop that is away for STUCK_AFTER_S
(host.py) is taken for dead.
"""
READ_BYTES_MAX = 1 << 20


def published_beyond(
    log: Log, identity: Identity, source: str, said: Mapping[str, int], destinations: Iterable[str]
) -> str:
    """A partition in which `source` has published more than `said`, last sequences by destination; or "".

    `destinations`: all that it may ever speak to; a first word to one is looked for among the newest
    FIRST_WORD_FRAMES_MAX frames. TemporaryError: try again.
    """
    for destination, last in said.items():
        if last_published(log, identity, source, destination) > last:
            return destination
    for destination in destinations:
        if destination not in said and last_published(
            log, identity, source, destination, FIRST_WORD_FRAMES_MAX
        ):
            return destination
    return ""


def last_published(
    log: Log, identity: Identity, source: str, destination: str, frames_max: int = sys.maxsize
) -> int:
    """The last sequence of the stream (source, destination) in the log; 0: none, in so many of the newest
    frames. TemporaryError.
    """
    reader = log.reader(destination, f"published by {source}")
    verifier = Verifier(identity.exchange_id, identity.genesis_id, destination, identity.mac_key)
    look, last = FIRST_LOOK_FRAMES, 0
    try:
        while True:
            reader.seek_back(look)
            frames = 0
            while records := reader.receive(READ_BYTES_MAX, 0.0):
                frames += len(records)
                for _, data in records:
                    last = max(last, _last(verifier, data, source))
            if last or frames < look or look >= frames_max:
                return last
            look *= 8
    finally:
        reader.close()


def _last(verifier: Verifier, data: bytes, source: str) -> int:
    try:
        # Most frames are others': they need not be verified to be passed over.
        return verifier.check(data).last if read_frame(data).source == source else 0
    except Unreadable:
        return 0  # whoever wrote it, not this shard
