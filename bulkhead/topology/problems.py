"""What is wrong with a topology, said so that a person can put it right."""

from dataclasses import asdict, dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Where in the file: names of fields and numbers of list items, from the top."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what, and what would be right. Lines and columns count from 1; they are
    0 where it was written in no file.
    """

    file: str
    line: int
    column: int
    field: str
    problem: str
    hint: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        subject = f"{place}: {self.field}: {self.problem}" if self.field else f"{place}: {self.problem}"
        return f"{subject}; {self.hint}" if self.hint else subject

    def to_json(self) -> dict[str, Any]:
        """The problem as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before it has its place in a file."""

    path: Path
    problem: str
    hint: str
    at_key: bool = False  # the name is wrong, not the value


class TopologyError(Exception):
    """A topology that cannot be used. `problems` holds all that was found, in the order of the file.

    `complete` is False when values could not be checked against each other, because some could not be read.
    """

    def __init__(self, problems: list[Problem], complete: bool = True) -> None:
        self.problems = problems
        self.complete = complete
        super().__init__("\n".join(map(str, problems)))


def field_text(path: Path) -> str:
    """Write a path as people do: participants.alice.keys[0]."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
