"""What machines have in common; what those do that slots move to and from, and those that are told of it."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.model.moving_slots.said import SLOTS, Arriving, Done, Echo, Import, Move, Report, Wrong, slot_of

if TYPE_CHECKING:
    from tests.model.moving_slots.world import World


class Machine:
    """Hears its partition, one message after another, and says things to others'."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.mutant = world.mutant

    def say(self, destination: str, message: object) -> None:
        self.world.waiting[self.name, destination].append(message)
        if isinstance(message, Report):
            self.world.told[int(destination.partition(".")[2])].append(message)

    def hear(self, source: str, message: Any) -> None:
        raise NotImplementedError


class Arrivals(Machine):
    """What a shard does that slots move to and from: `owned` is what it knows, by participant."""

    kind = ""

    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.number = int(name.partition("/")[2])
        self.owned: dict[int, Any] = {}
        self.arriving: dict[Move, set[str]] = defaultdict(set)
        """who has said so"""
        self.imported: set[Move] = set()
        self.kept: list[tuple[str, Any]] = []
        self.leaving: set[Move] = set()
        self.echoes: dict[Move, set[str]] = defaultdict(set)
        """who has echoed; a book's may come before control's Move to a settlement shard"""

    def knows(self, message: Any) -> bool:
        raise NotImplementedError

    def take(self, source: str, message: Any) -> None:
        raise NotImplementedError

    def begin(self, move: Move) -> None:
        """Say what is to be said when it begins."""

    def listeners(self) -> set[str]:
        """Who must have echoed before the slot may go."""
        raise NotImplementedError

    def finish(self, move: Move) -> None:
        """Say what else is to be said when the slot has gone."""

    def welcome(self, participant: int) -> None:
        """Say what is to be said when it has come."""

    def hear(self, source: str, message: Any) -> None:
        match message:
            case Move():
                self.leaving.add(message)
                self.begin(message)
                self._leave(message)
            case Echo(move):
                self.echoes[move].add(source)
                self._leave(move)
            case Arriving(move):
                self.arriving[move].add(source)
            case Import(move, state):
                self._arrive(move, state)
            case _ if self.knows(message) or self.is_stray(message):
                self.take(source, message)
            case _ if self.mutant == "nothing kept":
                pass
            case _ if any(
                source in told for move, told in self.arriving.items() if move not in self.imported
            ):
                self.kept.append((source, message))
            case _:
                raise Wrong(f"{self.name} heard {message} of a stranger from {source}")

    def is_stray(self, message: Any) -> bool:
        """Whether it may be of somebody who has moved away, and does not count."""
        return False

    def _leave(self, move: Move) -> None:
        complete = self.echoes[move] >= self.listeners()
        if self.mutant == "exported at the first echo":
            complete = bool(self.echoes[move])
        if move not in self.leaving or not complete:
            return
        self.leaving.discard(move)
        del self.echoes[move]
        gone = {each: self.owned[each] for each in sorted(self.owned) if slot_of(each) == move.slot}
        self.finish(move)
        for participant in gone:
            del self.owned[participant]
        self.say(move.shard(move.new), Import(move, gone))

    def _arrive(self, move: Move, state: dict[int, Any]) -> None:
        self.imported.add(move)
        self.owned |= state
        for participant in state:
            self.welcome(participant)
        kept, self.kept = self.kept, []
        if self.mutant == "kept ones last in first out":
            kept.reverse()
        for source, message in kept:
            if self.knows(message):
                self.take(source, message)
            else:
                self.kept.append((source, message))
        self.say("control", Done(move))


class Routes:
    """By slot: the shard that what is said of it goes to."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.shards = [0] * SLOTS

    def to(self, participant: int) -> str:
        return f"{self.kind}/{self.shards[slot_of(participant)]}"


def switch(machine: Machine, routes: Routes, move: Move) -> None:
    """What who gets a marker does."""
    if machine.mutant == "echo before the switch, in another breath":
        machine.say(move.shard(move.old), Echo(move))
        machine.world.late.append((routes, move))
        return
    if move.kind == "risk" and machine.mutant != "not told that it arrives":
        machine.say(move.shard(move.new), Arriving(move))
    if not (machine.mutant == "a route stays" and machine.name == "book/1"):
        routes.shards[move.slot] = move.new
    machine.say(move.shard(move.old), Echo(move))
