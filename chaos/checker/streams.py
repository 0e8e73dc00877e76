"""Streams (source, destination): dense, one content per number, the running CRC-32 right in every frame."""

from collections.abc import Iterator
from zlib import crc32

from chaos.checker.findings import Subject
from chaos.checker.frames import Frame


class Stream:
    """All events of one source in one partition."""

    def __init__(self, name: str, findings: Subject, whole: bool = True) -> None:
        """`whole`: no event may be missing. Of a session whose participant has moved each shard's partition
        has a part.
        """
        self.name = name
        self._whole = whole
        self.repeated = 0
        """events that came again with the number and content that they had"""
        self._findings = findings
        self._events: list[bytes | None] = []
        """by number, from 1; None: nobody has told it yet"""
        self._crcs: list[int | None] = [0]
        """of everything before the event of that place; None: what is before has a hole"""

    def take(self, frame: Frame) -> None:
        events, first = self._events, frame.first
        if first > len(events) + 1:
            if self._whole:
                self._findings.is_lost(
                    f"events {len(events) + 1} to {first - 1} of {self.name}", first - len(events) - 1
                )
            hole = first - 1 - len(events)
            events += [None] * hole
            self._crcs += [None] * (hole - 1) + [frame.crc]
        before = self._crcs[first - 1]
        if before is not None and before != frame.crc:
            self._findings.is_contradicted(
                f"CRC-32 before event {first} of {self.name}: {before:08x}, the frame says {frame.crc:08x}"
            )
        for sequence, event in enumerate(frame.events, first):
            if sequence > len(events):
                self._append(event)
            else:
                self._again(sequence, event)

    def _append(self, event: bytes) -> None:
        before = self._crcs[-1]
        assert before is not None  # a hole is always followed by what the next frame says
        self._events.append(event)
        self._crcs.append(crc32(event, before))

    def _again(self, sequence: int, event: bytes) -> None:
        there = self._events[sequence - 1]
        if there is None:
            self._events[sequence - 1] = event
            if self._whole:
                # It was counted as lost when what follows it came first.
                self._findings.lost -= 1
                self._findings.is_misordered(f"event {sequence} of {self.name} comes after later ones")
        elif there == event:
            self.repeated += 1
        else:
            self._findings.is_contradicted(f"event {sequence} of {self.name} is there with two contents")

    def __len__(self) -> int:
        return len(self._events)

    def events(self) -> Iterator[tuple[int, bytes]]:
        """(number, event) of all that there are, in order."""
        for sequence, event in enumerate(self._events, 1):
            if event is not None:
                yield sequence, event

    def event(self, sequence: int) -> bytes | None:
        return self._events[sequence - 1] if 0 < sequence <= len(self._events) else None
