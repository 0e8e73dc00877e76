"""Books, settlement shards, control, participants."""

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from tests.model.moving_slots.machine import Arrivals, Machine, Routes, switch
from tests.model.moving_slots.said import (
    BOOKS,
    PARTICIPANTS,
    Arriving,
    Command,
    Credit,
    Done,
    Enter,
    Entered,
    Filled,
    LaneTaken,
    LeaveLane,
    Leg,
    Marker,
    Move,
    MovedAway,
    MovedHere,
    RemovalRefused,
    Remove,
    Removed,
    Report,
    SetLimit,
    slot_of,
)

if TYPE_CHECKING:
    from tests.model.moving_slots.world import World


class Book(Machine):
    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.risk, self.settlement = Routes("risk"), Routes("settlement")
        self.resting: dict[tuple[int, int], int] = {}
        self.entered = 0

    def hear(self, source: str, message: Any) -> None:
        match message:
            case Marker(move):
                switch(self, self.risk if move.kind == "risk" else self.settlement, move)
            case Enter(order, participant):
                self.say(source, Entered(order))
                self.resting[order] = participant
                self.entered += 1
                if self.entered % 3 == 0 and len(self.resting) > 1:
                    self._trade(order)
            case Remove(order, participant):
                asker = f"risk/{order[0]}" if self.mutant == "answers who gave the number" else source
                if self.resting.pop(order, None) is None:
                    self.say(asker, RemovalRefused(order))
                else:
                    self.say(asker, Removed(order))

    def _trade(self, aggressor: tuple[int, int]) -> None:
        for order in (next(iter(self.resting)), aggressor):
            participant = self.resting.pop(order)
            self.world.traded[participant] += 1
            self.say(self.risk.to(participant), Filled(order))
            self.say(self.settlement.to(participant), Leg(participant))


class Settlement(Arrivals):
    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.risk = Routes("risk")

    def knows(self, message: Any) -> bool:
        return message.participant in self.owned

    def hear(self, source: str, message: Any) -> None:
        if isinstance(message, Marker):
            switch(self, self.risk, message.move)
        else:
            super().hear(source, message)

    def listeners(self) -> set[str]:
        return set(self.world.names("book"))

    def take(self, source: str, message: Any) -> None:
        participant = message.participant
        self.owned[participant] += 1
        if self.owned[participant] % 2 == 0:
            self.say(self.risk.to(participant), Credit(participant))


class Control(Machine):
    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.routes = {"risk": Routes("risk"), "settlement": Routes("settlement")}
        self.moves = 0
        self.moving: set[Move] = set()
        self.limits = [0] * PARTICIPANTS
        self.lanes: dict[Move, set[int]] = {}
        """that have not been taken, of moves whose slots go when they have"""

    def hear(self, source: str, message: Any) -> None:
        match message:
            case Done(move):
                self.moving.discard(move)
                if self.mutant == "lanes go behind their slots" and move.kind == "risk":
                    self._give_lanes(move)
            case LaneTaken(move, participant) if move in self.lanes:
                self.lanes[move].discard(participant)
                if not self.lanes[move]:
                    del self.lanes[move]
                    self._begin(move)

    def set_limit(self, participant: int, limit: int) -> None:
        self.limits[participant] = limit
        self.say(self.routes["risk"].to(participant), SetLimit(participant, limit))

    def move(self, kind: str, slot: int, new: int) -> None:
        routes = self.routes[kind]
        move = Move(self.moves + 1, kind, slot, routes.shards[slot], new)
        busy = any((each.kind, each.slot) == (kind, slot) for each in self.moving)
        if (busy and self.mutant != "moved again before it has come") or move.old == new:
            return
        self.moves += 1
        self.moving.add(move)
        gated = {each for each in self.world.gated if slot_of(each) == slot}
        if kind == "risk" and gated and self.mutant != "lanes go behind their slots":
            self.lanes[move] = gated
            self._give_lanes(move)
            return
        self._begin(move)

    def _give_lanes(self, move: Move) -> None:
        for participant in sorted(self.world.gated):
            if slot_of(participant) == move.slot:
                self.say(f"gateway/{move.old}", LeaveLane(move, participant))

    def _begin(self, move: Move) -> None:
        self.say(move.shard(move.old), move)
        self.say(move.shard(move.new), Arriving(move))
        self.routes[move.kind].shards[move.slot] = move.new
        if move.kind == "settlement":
            for book in self.world.names("book"):
                self.say(book, Marker(move))


class Participant(Machine):
    """Sends commands, and reads its reports."""

    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.number = int(name.partition(".")[2])
        self.shard = "risk/0"
        self.reads: str | None = "risk/0"
        self.unread: dict[str, deque[Any]] = defaultdict(deque)
        self.sent: list[Command] = []
        self.heard: list[Report] = []

    def send(self) -> None:
        chance = self.world.chance
        number = len(self.sent) + 1
        placed = [each for each in self.sent if not each.cancels]
        cancels, book = 0, chance.randrange(BOOKS)
        if placed and chance.random() < 0.4:
            order = chance.choice(placed)
            cancels, book = order.number, order.book
        self.sent.append(Command(self.number, number, cancels, book))
        self._write(self.sent[-1])

    def _write(self, command: Command) -> None:
        """To its own topic, if it has one, but signed for the risk shard all the same."""
        if self.number in self.world.gated:
            self.world.topics[self.number].append((self.shard, command))
        else:
            self.say(self.shard, command)

    def hear(self, source: str, message: Any) -> None:
        self.unread[source].append(message)
        if self.mutant == "reports read as they land":
            self.reads = source
        while self.reads is not None and self.unread[self.reads]:
            self._read(self.unread[self.reads].popleft())

    def _read(self, message: Any) -> None:
        match message:
            case MovedAway(new):
                self.reads = new
                if self.mutant == "sends at once where it is told":
                    self.shard = new
                    for command in self.sent:
                        self._write(command)
            case MovedHere(last):
                if self.mutant != "sends at once where it is told":
                    assert self.reads is not None
                    self.shard = self.reads
                    if self.mutant != "sends nothing again":
                        for command in self.sent[last:]:
                            self._write(command)
            case _:
                self.heard.append(message)
