"""What machines say to each other, and the numbers of the model."""

from typing import Any, NamedTuple

RISK, BOOKS, SETTLEMENT, SLOTS, PARTICIPANTS = 3, 2, 2, 2, 4


class Wrong(Exception):
    """Something promised does not hold."""


def slot_of(participant: int) -> int:
    return participant % SLOTS


class Command(NamedTuple):
    participant: int
    number: int
    cancels: int
    """the number of the command that placed the order; 0: this places one"""
    book: int


class Enter(NamedTuple):
    order: tuple[int, int]
    participant: int


class Remove(NamedTuple):
    order: tuple[int, int]
    participant: int


class Entered(NamedTuple):
    order: tuple[int, int]


class Filled(NamedTuple):
    order: tuple[int, int]


class Removed(NamedTuple):
    order: tuple[int, int]


class RemovalRefused(NamedTuple):
    order: tuple[int, int]


class Leg(NamedTuple):
    participant: int


class Deposit(NamedTuple):
    participant: int


class Whose(NamedTuple):
    participant: int
    """whose account the settlement shard has from now on"""


class Credit(NamedTuple):
    participant: int


class SetLimit(NamedTuple):
    participant: int
    limit: int


class Move(NamedTuple):
    number: int
    """no two moves have the same: a slot may go back to where it was, and come again"""
    kind: str
    """risk or settlement"""
    slot: int
    old: int
    new: int

    def shard(self, number: int) -> str:
        return f"{self.kind}/{number}"


class Marker(NamedTuple):
    move: Move


class Echo(NamedTuple):
    move: Move


class Arriving(NamedTuple):
    move: Move


class Import(NamedTuple):
    move: Move
    state: dict[int, Any]
    """by participant"""


class Done(NamedTuple):
    move: Move


class LeaveLane(NamedTuple):
    move: Move
    participant: int


class LaneGiven(NamedTuple):
    move: Move
    participant: int
    ordinal: int
    """how many frames of the participant's topic are dealt with"""


class LaneTaken(NamedTuple):
    move: Move
    participant: int


class Forwarded(NamedTuple):
    participant: int
    ordinal: int


class Report(NamedTuple):
    what: str
    number: int
    """of the command that it answers; of Credited, how many there were"""


class MovedAway(NamedTuple):
    new: str


class MovedHere(NamedTuple):
    last: int
