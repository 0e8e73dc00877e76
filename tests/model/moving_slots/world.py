"""All of them, and chance."""

import random
from collections import defaultdict, deque
from typing import Any

from tests.model.moving_slots.gateway import Gateway
from tests.model.moving_slots.machine import Arrivals, Machine, Routes
from tests.model.moving_slots.others import Book, Control, Participant, Settlement
from tests.model.moving_slots.risk import Account, Risk
from tests.model.moving_slots.said import (
    BOOKS,
    PARTICIPANTS,
    RISK,
    SETTLEMENT,
    SLOTS,
    Command,
    Move,
    Report,
    Wrong,
)

COMMANDS = 30
"""of each participant"""
STEPS = 1500


class World:
    """`mutant`: one rule broken, by its name. `gateways`: some participants, or all, have topics of their
    own."""

    def __init__(self, seed: int, gateways: bool, mutant: str = "") -> None:
        self.chance = random.Random(seed)
        everybody = range(PARTICIPANTS)
        some = everybody if self.chance.random() < 0.5 else self.chance.sample(everybody, 2)
        self.gated = set(some) if gateways else set()
        """who has a topic of its own"""
        self.topics: list[list[tuple[str, Command]]] = [[] for _ in everybody]
        """by participant: the risk shard that a frame is signed for, and what it carries"""
        self.mutant = mutant
        self.waiting: dict[tuple[str, str], deque[Any]] = defaultdict(deque)
        """what was said and has not landed, by source and destination"""
        self.slow: list[tuple[str, str]] = []
        """streams that hardly anything comes through just now"""
        self.told: list[list[Report]] = [[] for _ in range(PARTICIPANTS)]
        """what each participant was told, by whomever it belonged to, in the order in which it was said"""
        self.late: list[tuple[Routes, Move]] = []
        self.traded = [0] * PARTICIPANTS
        self.control = Control(self, "control")
        self.participants = [Participant(self, f"reports.{each}") for each in range(PARTICIPANTS)]
        kinds: tuple[tuple[type[Machine], str, int], ...] = (
            (Risk, "risk", RISK),
            (Book, "book", BOOKS),
            (Settlement, "settlement", SETTLEMENT),
            (Gateway, "gateway", RISK),
        )
        shards = [kind(self, f"{name}/{number}") for kind, name, count in kinds for number in range(count)]
        self.machines: dict[str, Machine] = {
            machine.name: machine for machine in (*shards, self.control, *self.participants)
        }
        self.partitions: dict[str, deque[tuple[str, Any]]] = {name: deque() for name in self.machines}
        risk, settlement = self.machines["risk/0"], self.machines["settlement/0"]
        assert isinstance(risk, Risk)
        assert isinstance(settlement, Settlement)
        gateway = self.machines["gateway/0"]
        assert isinstance(gateway, Gateway)
        gateway.entrances = dict.fromkeys(sorted(self.gated), 0)
        for participant in range(PARTICIPANTS):
            risk.owned[participant] = Account()
            settlement.known.add(participant)

    def names(self, kind: str) -> list[str]:
        return [name for name in self.machines if name.startswith(f"{kind}/")]

    def _gateways(self) -> list[Gateway]:
        return [each for each in self.machines.values() if isinstance(each, Gateway)]

    def run(self) -> None:
        for step in range(STEPS):
            what = self.chance.random()
            if step % 20 == 0:
                self.slow = self.chance.sample(sorted(self.waiting), k=len(self.waiting) // 3)
            if what < 0.06:
                participant = self.chance.choice(self.participants)
                if len(participant.sent) < COMMANDS:
                    participant.send()
            elif what < 0.08:
                self.control.set_limit(self.chance.randrange(PARTICIPANTS), self.chance.randint(1, 99))
                self.control.deposit(self.chance.randrange(PARTICIPANTS))
            elif what < 0.086:
                self.control.move("risk", self.chance.randrange(SLOTS), self.chance.randrange(RISK))
            elif what < 0.092:
                self.control.move(
                    "settlement", self.chance.randrange(SLOTS), self.chance.randrange(SETTLEMENT)
                )
            elif what < 0.102:
                self.chance.choice(self._gateways()).restart()
            else:
                self.step()
        for participant in self.participants:
            while len(participant.sent) < COMMANDS:
                participant.send()
        while self.step():
            pass

    def _forward(self) -> bool:
        """Somebody's next frame, and now and then how far all are."""
        gateways = self._gateways()
        if self.chance.random() < 0.2:
            self.chance.choice(gateways).tell()
        lanes = [(each, participant) for each in gateways for participant in each.entrances]
        self.chance.shuffle(lanes)
        return any(each.forward(participant) for each, participant in lanes)

    def step(self) -> bool:
        """Land something, or have somebody hear; False: all is quiet."""
        if self.gated and self.chance.random() < 0.3 and self._forward():
            return True
        streams = [stream for stream, said in self.waiting.items() if said]
        if self.chance.random() < 0.98:
            streams = [stream for stream in streams if stream not in self.slow] or streams
        hearers = [name for name, landed in self.partitions.items() if landed]
        if self.late and (self.chance.random() < 0.1 or not (streams or hearers)):
            routes, move = self.late.pop(0)
            routes.shards[move.slot] = move.new
        elif streams and (not hearers or self.chance.random() < 0.5):
            source, destination = self.chance.choice(streams)
            self.partitions[destination].append((source, self.waiting[source, destination].popleft()))
        elif hearers:
            name = self.chance.choice(hearers)
            self.machines[name].hear(*self.partitions[name].popleft())
        else:
            return bool(self.gated) and self._forward()
        return True

    def check(self) -> None:
        """When all is quiet: everything is where it belongs, once."""
        if self.control.moving:
            raise Wrong(f"never done: {self.control.moving}")
        for participant in self.participants:
            self._check_participant(participant)
        for machine in self.machines.values():
            if isinstance(machine, Arrivals) and machine.kept:
                raise Wrong(f"{machine.name} keeps {machine.kept}")
            if isinstance(machine, Arrivals | Settlement) and machine.leaving:
                raise Wrong(f"{machine.name} waits for {machine.leaving}")

    def _owner(self, kind: str, participant: int) -> Any:
        owners = [
            machine
            for name in self.names(kind)
            if isinstance(machine := self.machines[name], Arrivals | Settlement)
            and participant in (machine.owned if isinstance(machine, Arrivals) else machine.known)
        ]
        expected = self.control.routes[kind].to(participant)
        if [owner.name for owner in owners] != [expected]:
            raise Wrong(f"{participant} is on {[owner.name for owner in owners]}, not {expected}")
        if kind == "settlement":
            booked = [
                name
                for name in self.names(kind)
                if isinstance(ledger := self.machines[name], Settlement) and ledger.owned.get(participant)
            ]
            if booked not in ([], [expected]):
                raise Wrong(f"{participant} has something on {booked}, not on {expected} alone")
        return owners[0].owned.get(participant, 0)

    def _check_participant(self, participant: Participant) -> None:
        number = participant.number
        account: Account = self._owner("risk", number)
        booked: int = self._owner("settlement", number)
        if account.last != COMMANDS:
            raise Wrong(f"{number}: {account.last} commands were taken")
        if account.limit != self.control.limits[number]:
            raise Wrong(f"{number}: limit {account.limit}, not {self.control.limits[number]}")
        deposits = self.control.deposits[number]
        if not account.filled == booked - deposits == self.traded[number]:
            raise Wrong(f"{number}: {self.traded[number]} trades, {account.filled} fills, {booked} booked")
        if account.credits != deposits:
            raise Wrong(f"{number}: {account.credits} credits for {deposits} deposits")
        answers = [report.number for report in participant.heard if report.what not in ("Filled", "Credited")]
        if sorted(answers) != list(range(1, COMMANDS + 1)):
            raise Wrong(f"{number}: not each command was answered once: {answers}")
        if participant.heard != self.told[number]:
            raise Wrong(f"{number}: reports out of order")
        self._check_orders(participant)

    def _check_orders(self, participant: Participant) -> None:
        """Of each order: entered, then filled or removed, once."""
        placed = {report.number for report in participant.heard if report.what == "Entered"}
        over: set[int] = set()
        for report in participant.heard:
            of = report.number
            if report.what == "Removed":
                of = participant.sent[of - 1].cancels
            if report.what in ("Filled", "Removed"):
                if of in over or of not in placed:
                    raise Wrong(f"{participant.number}: order {of} ends twice, or was never there")
                over.add(of)
        resting = {
            order
            for name in self.names("book")
            if isinstance(book := self.machines[name], Book)
            for order, owner in book.resting.items()
            if owner == participant.number
        }
        known = set(self._owner("risk", participant.number).orders)
        if resting != known or len(known) != len(placed - over):
            raise Wrong(f"{participant.number}: {known} are known, {resting} rest")


def outcome(seed: int, gateways: bool, mutant: str = "") -> str:
    """clean; or what is wrong."""
    world = World(seed, gateways, mutant)
    try:
        world.run()
        world.check()
    except (Wrong, KeyError, IndexError) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "clean"
