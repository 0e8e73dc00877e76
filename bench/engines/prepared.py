"""An engine that has been given its commands, and what it has done with them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from bench.engines.commands import Command, Script

Step = tuple[Callable[..., Any], tuple[Any, ...]]
"""One call: with a frame of commands where the engine takes frames, else with one command."""


class Work(NamedTuple):
    """What the timed commands traded, and what rests at the end. None: the engine doesn't say."""

    trades: int | None
    lots: int | None
    """traded"""
    resting: int | None
    """orders"""
    resting_lots: int | None

    def differs_from(self, other: "Work") -> list[str]:
        """The names of what both say, and say differently."""
        return [
            name
            for name, ours, theirs in zip(self._fields, self, other, strict=True)
            if ours is not None and theirs is not None and ours != theirs
        ]


class Prepared(NamedTuple):
    """All commands are in the form that the engine takes, its book is filled: only `steps` are timed."""

    steps: Sequence[Step]
    work: Callable[[Sequence[Any]], Work]
    """given the answers of all steps, when all have been made"""


Prepare = Callable[[Script, int], Prepared]
"""With a new book; the number is how many commands a frame has, for an engine that takes frames."""


def carry_out(commands: Iterable[Command], step: Callable[[Command], Step]) -> None:
    """One after another, as an engine that takes no frames does."""
    for command in commands:
        call, arguments = step(command)
        call(*arguments)
