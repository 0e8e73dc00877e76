"""Which commands a frame of reports answers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Protocol

from bench.flow import Command
from bench.frames import RELAY
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
)
from bulkhead.wire.codec import decode
from bulkhead.wire.frame import read_frame
from bulkhead.wire.table import TABLE

NUMBERS = {entry.message: entry.number for entry in TABLE}
ANSWERS = {kind: NUMBERS[kind] for kind in (OrderAccepted, OrderRejected, OrderCanceled, CancelRejected)}
"""With the commands of bench/flow.py each is the one answer to a command: no order ends by itself but by a
fill."""
_type_of = itemgetter(1)


class Answers(Protocol):
    """Tells which commands a frame of reports answers."""

    def count(self, data: bytes) -> int:
        """How many."""
        ...

    def which(self, data: bytes) -> Sequence[int]:
        """Which, by their sequence."""
        ...


class ExchangeAnswers:
    """From the reports of the real exchange. `seen` counts them by type number."""

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()
        self._next = 0
        self._sequences: dict[tuple[bool, str], int] = {}

    def expect(self, commands: Sequence[Command], first: int) -> None:
        """The commands whose answers `which` will be asked for, and the sequence of the first."""
        for sequence, command in enumerate(commands, first):
            self._sequences[isinstance(command, CancelOrder), command.client_order_id] = sequence

    def count(self, data: bytes) -> int:
        kinds = bytes(map(_type_of, self._new_events(data)))
        found = 0
        for number in ANSWERS.values():
            of_kind = kinds.count(number)
            self.seen[number] += of_kind
            found += of_kind
        self.seen[NUMBERS[OrderFilled]] += kinds.count(NUMBERS[OrderFilled])
        return found

    def which(self, data: bytes) -> Sequence[int]:
        answered = []
        for event in self._new_events(data):
            self.seen[event[1]] += 1
            report = decode(event)
            if type(report) in ANSWERS:
                of_cancel = isinstance(report, OrderCanceled | CancelRejected)
                answered.append(self._sequences.pop((of_cancel, report.client_order_id)))
        return answered

    def _new_events(self, data: bytes) -> list[bytes]:
        """A shard that was restarted repeats itself, which would count answers twice: that is no
        measurement.
        """
        frame = read_frame(data)
        if self._next not in (0, frame.first):
            raise RuntimeError(f"reports go on at {frame.first} where {self._next} was expected")
        self._next = frame.last + 1
        return frame.events


def reports_seen(all_answers: Iterable[ExchangeAnswers]) -> dict[str, int]:
    """How many there were in all, by kind."""
    seen = Counter[int]()
    for answers in all_answers:
        seen.update(answers.seen)
    return {kind.__name__: seen[NUMBERS[kind]] for kind in (*ANSWERS, OrderFilled)}


class PassedAnswers:
    """From the passing machines: every event comes back, in order."""

    def __init__(self) -> None:
        self._last = 0
        """sequence of the last event that came back"""

    def count(self, data: bytes) -> int:
        events = len(read_frame(data).events)
        self._last += events
        return events

    def which(self, data: bytes) -> Sequence[int]:
        first = self._last + 1
        return range(first, first + self.count(data))


class RelayedAnswers(PassedAnswers):
    """From the relay: as passed on, with the relay's own header."""

    def count(self, data: bytes) -> int:
        events: int = RELAY.unpack_from(data)[2]
        self._last += events
        return events
