"""What a standby would have sent: frame by frame, until the primary's outputs are confirmed and compared."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bulkhead.log.port import Position
from bulkhead.machines.interface import Output

BYTES_MAX = 64 * 1024 * 1024


class Said(NamedTuple):
    """What one input frame has caused."""

    position: Position
    events: int
    """that its machine had applied then, in all its history: orders positions, which are opaque"""
    outputs: Sequence[Output]


class Kept:
    """A run of input frames with their outputs, the newest last. Frames are counted from 1.

    A frame is dropped when the primary has confirmed what it caused and a mark behind it has agreed; the
    first decides what is sent, the second only what can still be named should a later mark differ.
    """

    def __init__(self) -> None:
        self._said: deque[Said] = deque()
        self._numbers: dict[Position, int] = {}
        self._dropped = self._confirmed = self._agreed = 0
        """up to which frame"""
        self._ahead: tuple[Position, int] | None = None
        """confirmed, and not reached here yet: the position, and the events applied by then"""
        self._bytes = 0

    def add(self, said: Said) -> None:
        self._said.append(said)
        number = self.last
        self._numbers[said.position] = number
        self._bytes += _size(said)
        if self._ahead is not None:
            position, events = self._ahead
            if said.position == position or said.events < events:
                self._confirmed = number
            if said.position == position or said.events > events:
                self._ahead = None
        self._trim()

    @property
    def last(self) -> int:
        """The number of the newest frame."""
        return self._dropped + len(self._said)

    @property
    def full(self) -> bool:
        """Too much is unconfirmed to take more input."""
        return self._bytes > BYTES_MAX and self._confirmed <= self._dropped

    def confirm(self, position: Position, events: int) -> None:
        """The primary's outputs are confirmed up to there, which may be before all that is kept, or ahead."""
        number = self._numbers.get(position)
        if number is not None:
            self._confirmed = max(self._confirmed, number)
        elif not self._said or events > self._said[-1].events:
            self._ahead = position, events
            self._confirmed = self.last
        self._trim()

    def agree(self, number: int) -> None:
        """Up to that frame everything said is what the primary says."""
        self._agreed = max(self._agreed, number)
        self._trim()

    def unconfirmed(self) -> Iterator[Said]:
        """What the primary may not have sent."""
        skip = self._confirmed - self._dropped
        return (said for place, said in enumerate(self._said) if place >= skip)

    def not_agreed(self) -> Iterator[Said]:
        skip = self._agreed - self._dropped
        return (said for place, said in enumerate(self._said) if place >= skip)

    def _trim(self) -> None:
        while self._dropped < self._confirmed and (self._dropped < self._agreed or self._bytes > BYTES_MAX):
            said = self._said.popleft()
            del self._numbers[said.position]
            self._bytes -= _size(said)
            self._dropped += 1


def _size(said: Said) -> int:
    return len(said.position) + sum(len(output.body) for output in said.outputs)
