"""What a machine makes of recorded frames: step 2 of the loop (runtime/shard.py) without the rest of it."""

from collections.abc import Iterable, Iterator

from bulkhead.log.port import Position, Record
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.decisions import Skips
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import Unreadable


class Derivation:
    """Verifies each frame and applies it, but for the events that are decided to be skipped."""

    def __init__(self, machine: Machine, verifier: Verifier, skips: Skips) -> None:
        self._machine = machine
        self._verifier = verifier
        self._skips = skips
        self.refused = 0
        """frames that could not be verified"""

    def apply(self, record: Record) -> list[Output]:
        """What the machine says to it. FatalError: the partition cannot be what was sent. MachineRaised."""
        position, frame = record
        try:
            self._verifier.check(frame)
        except Unreadable as problem:
            self.refused += 1
            return self._machine.refuse_frame(position, frame, problem.reason)
        return self._machine.apply_frame(position, frame, self._skips.at(position))


def derive(
    machine: Machine, verifier: Verifier, records: Iterable[Record], skips: Skips
) -> Iterator[tuple[Position, list[Output]]]:
    """Apply each frame, as its shard did; after each, its position and what the machine said.

    A frame is applied when its pair is asked for: who stops asking has the state at the last position.
    """
    derivation = Derivation(machine, verifier, skips)
    for record in records:
        yield record.position, derivation.apply(record)
