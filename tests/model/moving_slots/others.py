"""Books, settlement shards, control, participants."""

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from tests.model.moving_slots.machine import Machine, Routes, switch
from tests.model.moving_slots.said import (
    BOOKS,
    PARTICIPANTS,
    Arriving,
    Command,
    Credit,
    Deposit,
    Done,
    Echo,
    Enter,
    Entered,
    Filled,
    Import,
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
    Whose,
    Wrong,
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


class Settlement(Machine):
    """`owned`: what is booked to each participant; `known`: whose accounts it has, and tells deposits of."""

    kind = "settlement"

    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.risk = Routes("risk")
        self.owned: dict[int, int] = {}
        self.known: set[int] = set()
        self.leaving: set[Move] = set()
        self.echoes: dict[Move, set[str]] = defaultdict(set)
        """who has echoed; before control's Move, too"""

    def hear(self, source: str, message: Any) -> None:
        match message:
            case Marker(move):
                switch(self, self.risk, move)
            case Whose(participant):
                self.known.add(participant)
            case Leg(participant):
                self.owned[participant] = self.owned.get(participant, 0) + 1
            case Deposit(participant):
                if participant not in self.known:
                    raise Wrong(f"{self.name} does not know {participant}")
                self.owned[participant] = self.owned.get(participant, 0) + 1
                self.say(self.risk.to(participant), Credit(participant))
            case Move():
                self.leaving.add(message)
                self._leave(message)
            case Echo(move):
                self.echoes[move].add(source)
                self._leave(move)
            case Import(move, state):
                for participant, booked in state.items():
                    here = (
                        0
                        if self.mutant == "what comes replaces what is there"
                        else self.owned.get(participant, 0)
                    )
                    self.owned[participant] = here + booked
                self.say("control", Done(move))

    def _leave(self, move: Move) -> None:
        complete = self.echoes[move] >= set(self.world.names("book"))
        if self.mutant == "given at the first echo":
            complete = bool(self.echoes[move])
        if move not in self.leaving and self.mutant != "given before control's word":
            return
        if not complete:
            return
        self.leaving.discard(move)
        gone = {each: self.owned.pop(each) for each in sorted(self.owned) if slot_of(each) == move.slot}
        self.known = {each for each in self.known if slot_of(each) != move.slot}
        self.say(move.shard(move.new), Import(move, gone))


class Control(Machine):
    def __init__(self, world: "World", name: str) -> None:
        super().__init__(world, name)
        self.routes = {"risk": Routes("risk"), "settlement": Routes("settlement")}
        self.moves = 0
        self.moving: set[Move] = set()
        self.limits = [0] * PARTICIPANTS
        self.deposits = [0] * PARTICIPANTS
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

    def deposit(self, participant: int) -> None:
        self.deposits[participant] += 1
        self.say(self.routes["settlement"].to(participant), Deposit(participant))

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
        self.routes[move.kind].shards[move.slot] = move.new
        self.say(move.shard(move.old), move)
        if move.kind == "risk":
            self.say(move.shard(move.new), Arriving(move))
            return
        for participant in range(PARTICIPANTS):
            if slot_of(participant) == move.slot and self.mutant != "not told whose it is":
                self.say(move.shard(move.new), Whose(participant))
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
