"""What the checker finds, by subject."""

from dataclasses import dataclass, field
from typing import Any

PROBLEMS_MAX = 10
"""of one subject that are kept as sentences: all are counted"""


@dataclass
class Subject:
    """Counts of one subject: orders, reports, fills, ledger entries or streams."""

    checked: int = 0
    """how many things were looked at"""
    lost: int = 0
    doubled: int = 0
    misordered: int = 0
    contradicted: int = 0
    """two accounts of the same thing that differ, a wrong CRC, something unreadable"""
    problems: list[str] = field(default_factory=list)

    def _found(self, sentence: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(sentence)

    def is_lost(self, sentence: str, count: int = 1) -> None:
        self.lost += count
        self._found(f"lost: {sentence}")

    def is_doubled(self, sentence: str, count: int = 1) -> None:
        self.doubled += count
        self._found(f"doubled: {sentence}")

    def is_misordered(self, sentence: str, count: int = 1) -> None:
        self.misordered += count
        self._found(f"misordered: {sentence}")

    def is_contradicted(self, sentence: str) -> None:
        self.contradicted += 1
        self._found(f"contradicted: {sentence}")

    def happened(self, what: str, expected: int, times: int) -> None:
        """Something was to be there `expected` times and is there `times` times."""
        if times < expected:
            self.is_lost(what, expected - times)
        elif times > expected:
            self.is_doubled(what, times - expected)


@dataclass
class Findings:
    orders: Subject = field(default_factory=Subject)
    reports: Subject = field(default_factory=Subject)
    fills: Subject = field(default_factory=Subject)
    ledger: Subject = field(default_factory=Subject)
    streams: Subject = field(default_factory=Subject)
    facts: dict[str, int] = field(default_factory=dict)
    """sizes: frames, events, repeated, refused_frames, dead_letters, streams, commands, places, trades,
    reversals"""

    def subjects(self) -> dict[str, Subject]:
        return {
            "orders": self.orders,
            "reports": self.reports,
            "fills": self.fills,
            "ledger": self.ledger,
            "streams": self.streams,
        }

    def summary(self) -> dict[str, Any]:
        """The counts of all subjects, added up and one by one. One fault may show in several subjects."""
        subjects = self.subjects()
        counts = ("lost", "doubled", "misordered", "contradicted")
        return {
            **{name: sum(getattr(subject, name) for subject in subjects.values()) for name in counts},
            **self.facts,
            "subjects": {
                name: {key: getattr(subject, key) for key in ("checked", *counts)}
                for name, subject in subjects.items()
            },
            "problems": [
                f"{name}: {problem}" for name, subject in subjects.items() for problem in subject.problems
            ],
        }
