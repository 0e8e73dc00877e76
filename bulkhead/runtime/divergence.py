"""Two replicas of a shard have said different things: which event was the first?"""

from collections.abc import Iterable

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.kept import Said
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.codec import describe
from bulkhead.wire.frame import Unreadable, split_body

READ_BYTES_MAX = 1024 * 1024


def first_difference(log: Log, identity: Identity, source: str, mine: Iterable[Said]) -> str:
    """In words: the first event of `mine`, in the order of its inputs, that stands otherwise in the log under
    the same number. Where none does, what that means.

    Reads every partition that `mine` has something for from its beginning: only who has stopped does that.
    """
    said = list(mine)
    destinations = list(dict.fromkeys(output.destination for each in said for output in each.outputs))
    theirs: dict[str, dict[int, bytes]] = {}
    unreadable = []
    for destination in destinations:
        try:
            theirs[destination] = _said_to(log, identity, source, destination)
        except TemporaryError as problem:
            unreadable.append(f"{destination} can't be read to compare it ({problem})")
    for position, _, outputs in said:
        for output in outputs:
            known = theirs.get(output.destination, {})
            for offset, event in enumerate(split_body(output.body, output.events)):
                number = output.first + offset
                other = known.get(number)
                if other is not None and other != event:
                    return (
                        f"the first event that differs is number {number} to {output.destination}, caused by"
                        f" the frame at {position.hex()}: the log has {describe(other)}, here it is"
                        f" {describe(event)}"
                    )
    reasons = "; ".join(unreadable) or "the primary has not sent it yet, or it lies further back"
    return f"which event differs first can't be told: {reasons}"


def _said_to(log: Log, identity: Identity, source: str, destination: str) -> dict[int, bytes]:
    """Every event of the stream (source, destination) in the log, by number."""
    reader = log.reader(destination, f"divergence of {source}")
    verifier = Verifier(identity.exchange_id, identity.genesis_id, destination, identity.mac_key)
    found: dict[int, bytes] = {}
    try:
        while records := reader.receive(READ_BYTES_MAX, 0.0):
            for _, data in records:
                try:
                    frame = verifier.check(data)
                except Unreadable:
                    continue  # whoever wrote it, not this shard
                if frame.source == source:
                    found.update((frame.first + offset, event) for offset, event in enumerate(frame.events))
    finally:
        reader.close()
    return found
