"""Digests of all that a shard has said, taken by its replicas at the same inputs, to be compared."""

from hashlib import sha256
from typing import NamedTuple

from bulkhead.machines.interface import Machine

EVERY_TICKS = 10
"""A second. A digest costs 2 to 8 us for each destination, of which a risk shard may have hundreds."""
KEPT = 64
"""So many marks a replica may be ahead of the one that it is compared with."""


class Mark(NamedTuple):
    tick: int
    """the machine's time after the frame that moved it to the mark; 0: there has been none yet"""
    digest: bytes
    """of all output streams up to there, SHA-256"""


NONE = Mark(0, b"")


class Marks:
    """The newest marks of one replica. Where it began, and how it cut its batches, makes no difference."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._period = machine.tick // EVERY_TICKS
        self.newest = NONE
        self._digests: dict[int, bytes] = {}

    def look(self) -> bool:
        """After each frame: whether it has brought a new mark."""
        tick = self._machine.tick
        if tick // EVERY_TICKS == self._period:
            return False
        self._period = tick // EVERY_TICKS
        self.newest = Mark(tick, output_digest(self._machine))
        self._digests[tick] = self.newest.digest
        if len(self._digests) > KEPT:
            del self._digests[next(iter(self._digests))]
        return True

    def of(self, tick: int) -> bytes | None:
        """The digest at the mark of that tick; None where it is not known here, any more or yet."""
        return self._digests.get(tick)


def output_digest(machine: Machine) -> bytes:
    """Of every output stream: its destination, last sequence and digest."""
    said = machine.streams().outputs
    text = "".join(f"{destination} {last} {digest}\n" for destination, (last, digest) in said.items())
    return sha256(text.encode()).digest()
