"""What a participant is told, by one risk shard after the other: a slot may move, and may come back.

One shard's reports go up to MovedAway; then the next one's count, from the MovedHere of the same move on.
So the reports of a partition are one story, whatever stands first in it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chaos.checker.findings import Subject

Told = tuple[str, int]
"""a report by the shard that says it, and its number in that one's stream"""


class _Move(NamedTuple):
    to: str
    """the risk shard that tells the participant from then on"""
    number: int
    """0: it was there from the beginning"""


class Story:
    """`reports`: in their order, by their places from 1 on."""

    def __init__(self, streams: Mapping[str, Mapping[int, Any]], partition: str, findings: Subject) -> None:
        """`streams`: by risk shard what it says to the partition, by number."""
        self.reports: dict[int, Any] = {}
        self._places: dict[Told, int] = {}
        self._next: dict[str, int] = {source: min(told, default=1) for source, told in streams.items()}
        self._streams = streams
        begun = [name for name in streams if not self._arrives(name)]
        move = _Move(begun[0], 0) if begun else None
        while move is not None:
            move = self._read(move)
        for name, told in streams.items():
            left = [report for number, report in told.items() if (name, number) not in self._places]
            if left:
                findings.is_contradicted(
                    f"{name} says {len(left)} reports to {partition} when it may not: {left[0]}"
                )

    def _arrives(self, source: str) -> bool:
        told = self._streams[source]
        return not told or name_of(told[self._next[source]]) == "MovedHere"

    def _read(self, move: "_Move") -> "_Move | None":
        """Go on with a shard's reports to the end, or until it gives the participant away: to whom. Nothing,
        where they do not begin with the arrival by this move.
        """
        source = move.to
        told = self._streams.get(source, {})
        first: Any = told.get(self._next.get(source, 1))
        if move.number and (name_of(first) != "MovedHere" or first.move_id != move.number):
            return None
        for number in range(self._next.get(source, 1), max(told, default=0) + 1):
            if number not in told:
                continue  # lost, which the stream's own judge says
            self._places[source, number] = len(self.reports) + 1
            self.reports[len(self.reports) + 1] = told[number]
            self._next[source] = number + 1
            if name_of(told[number]) == "MovedAway":
                return _Move(f"risk/{told[number].risk_shard}", told[number].move_id)
        return None

    def placed(self, read: Iterable[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """What somebody has read, by the places that it has here; what is in no stream under its number: by
        one that nothing has.
        """
        found: list[tuple[int, Any]] = []
        source = ""
        for number, report in read:
            if not source:
                source = self._whose(number, report)
            place = self._places.get((source, number))
            found.append((place if place is not None else len(self.reports) + 1 + len(found), report))
            if name_of(report) == "MovedAway":
                source = f"risk/{report.risk_shard}"
        return found

    def _whose(self, number: int, report: Any) -> str:
        """The shard whose report it is: of those that have one of this number one that says just this."""
        having = [name for name, told in self._streams.items() if number in told]
        same = (name for name in having if told_same(self._streams[name][number], report))
        return next(same, having[0] if having else "nobody")


def name_of(message: Any) -> str:
    return type(message).__name__


def told_same(one: Any, other: Any) -> bool:
    """Tuples of different types are equal when their values are."""
    return type(one) is type(other) and bool(one == other)
