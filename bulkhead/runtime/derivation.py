"""What a machine makes of recorded frames: step 2 of the loop (runtime/shard.py) without the rest of it."""

from collections.abc import Iterable, Iterator

from bulkhead.log.port import Position, Record
from bulkhead.machines.interface import Machine, Output
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import Unreadable


def derive(
    machine: Machine, verifier: Verifier, records: Iterable[Record]
) -> Iterator[tuple[Position, list[Output]]]:
    """Verify and apply each frame, as its shard did; after each, its position and what the machine said.

    A frame is applied when its pair is asked for: who stops asking has the state at the last position.
    FatalError: the partition cannot be what was sent.
    """
    for position, frame in records:
        try:
            verifier.check(frame)
        except Unreadable as problem:
            yield position, machine.refuse_frame(position, frame, problem.reason)
        else:
            yield position, machine.apply_frame(position, frame)
