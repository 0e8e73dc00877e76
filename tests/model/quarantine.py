"""A randomized model of quarantine: one shard, two replicas, a log of decisions, and what goes wrong.

An event may be *poison*: the machine raises on it wherever it is applied. A replica may be *sick* at a
position: it raises there again and again, and nobody else does; or *shaken*: it raises there once. A machine
that raises has changed half of its state. The rules, in the order in which they act:

1. Who raises derives the state before again, from the snapshot and the log, and tries once more.
2. What repeats is looked up in the log of decisions. Decided: skip the event, halt its instrument.
3. Not decided, and the event's outputs are in the destination: another replica did not raise. Halt.
4. Not decided, and another is the primary: wait, for its decision or for its outputs.
5. The primary writes a decision, reads it back and obeys if it is valid.

A decision is valid if its writer's claim is the newest before it, in the order of the log of decisions. A
replica that becomes the primary claims first, then reads all decisions, those about positions ahead of it
too, and honours them, then sends. So, for each position, the log says which came first: the decision to skip
it, or a primary that may have passed it.

The first try noted at a promotion only decisions about positions already passed: then a promoted replica that
was not sick applied what the one before had decided to skip, and the destination heard two things.
"""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

INSTRUMENTS = 3
EVENTS = 60
STEPS = 1200
HEALING_STEPS = 4000


class Stopped(Exception):
    """The shard, or who reads it, has stopped and says what it saw: loud, and so better than wrong."""


class Wrong(Exception):
    """Something promised does not hold, and nobody noticed."""


class Raised(Exception):
    """A machine's own exception."""


class Event(NamedTuple):
    instrument: int
    value: int
    poison: bool


class Frame(NamedTuple):
    first: int
    values: list[int]
    crc: int
    """of the stream before `first`"""


class Claim(NamedTuple):
    claimant: int


class Skip(NamedTuple):
    claimant: int
    position: int


def advance(crc: int, value: int) -> int:
    return (crc * 31 + value + 1) % 2147483647


class Said(NamedTuple):
    position: int
    sequence: int
    value: int
    crc: int


@dataclass
class Machine:
    books: list[int] = field(default_factory=lambda: [0] * INSTRUMENTS)
    halted: set[int] = field(default_factory=set)
    said: int = 0
    crc: int = 0

    def apply(self, position: int, event: Event, raises: bool) -> list[Said]:
        if event.instrument in self.halted:
            return self._say(position, [-event.value])
        self.books[event.instrument] += event.value
        if raises:
            raise Raised(position)
        book = self.books[event.instrument]
        return self._say(position, [book] * (1 + book % 2))

    def skip(self, position: int, event: Event) -> list[Said]:
        self.halted.add(event.instrument)
        return self._say(position, [0])

    def _say(self, position: int, values: list[int]) -> list[Said]:
        said = []
        for value in values:
            self.said += 1
            said.append(Said(position, self.said, value, self.crc))
            self.crc = advance(self.crc, value)
        return said

    def copy(self) -> "Machine":
        return Machine(list(self.books), set(self.halted), self.said, self.crc)


class World:
    """`mutant`: one rule broken, by its name. `late`: what a replica sent lands later, in its order, even
    after it was superseded or died.
    """

    def __init__(self, seed: int, mutant: str = "", late: bool = False) -> None:
        self.chance = random.Random(seed)
        self.mutant = mutant
        self.late = late
        self.input: list[Event] = []
        self.output: list[Frame] = []
        self.decisions: list[Claim | Skip] = []
        self.snapshot: tuple[int, Machine] = (0, Machine())
        self.holder: Replica | None = None
        self.claims = 0
        self.lost: set[int] = set()
        """positions that a sick replica has decided to skip"""
        self.replicas = [Replica(self, name) for name in "ab"]

    def skips(self) -> set[int]:
        """The positions that valid decisions skip."""
        newest, found = 0, set()
        for record in self.decisions:
            if isinstance(record, Claim):
                newest = record.claimant
            elif record.claimant == newest or self.mutant == "superseded decide":
                found.add(record.position)
        return found

    def published(self) -> int:
        return max((frame.first + len(frame.values) - 1 for frame in self.output), default=0)

    def feed(self) -> None:
        if len(self.input) < EVENTS:
            poison = self.chance.random() < 0.03
            self.input.append(Event(self.chance.randrange(INSTRUMENTS), self.chance.randint(1, 99), poison))

    def run(self) -> None:
        for _ in range(STEPS):
            what = self.chance.random()
            replica = self.chance.choice(self.replicas)
            if what < 0.1:
                self.feed()
            elif what < 0.115:
                replica.crash()
            elif what < 0.14:
                replica.promote()
            elif what < 0.15:
                (replica.sick if self.chance.random() < 0.5 else replica.shaken).add(
                    len(self.input) + self.chance.randint(-2, 1)
                )
            elif what < 0.2:
                self.attend()
            elif what < 0.4 and replica.flying:
                self.output.append(replica.flying.pop(0))
            else:
                replica.step()
        self.heal()

    def attend(self) -> None:
        """What a supervisor does: start what has died, see to it that there is a primary."""
        for replica in self.replicas:
            if not replica.alive:
                replica.start()
        if self.holder is None or not self.holder.alive or not self.holder.sends:
            self.chance.choice(self.replicas).promote()

    def heal(self) -> None:
        while len(self.input) < EVENTS:
            self.feed()
        self.input += [Event(instrument, 1, False) for instrument in range(INSTRUMENTS)]
        for replica in self.replicas:
            self.output += replica.flying
            replica.flying.clear()
        for replica in self.replicas:
            replica.sick.clear()
            replica.shaken.clear()
            replica.crash()
            replica.start()
        self.replicas[0].promote()
        for _ in range(HEALING_STEPS):
            self.replicas[0].step()
            if self.replicas[0].position == len(self.input) and not self.replicas[0].unsent:
                self.output += self.replicas[0].flying
                return
        raise Wrong(f"no progress: at {self.replicas[0].position} of {len(self.input)}")

    def check(self) -> None:
        self._hear()
        skips = self.skips()
        replay = Machine()
        for position, event in enumerate(self.input):
            if position in skips:
                replay.skip(position, event)
                continue
            if event.instrument not in replay.halted and event.poison:
                raise Wrong(f"poison at {position} was applied")
            replay.apply(position, event, raises=False)
        if replay != self.replicas[0].machine:
            raise Wrong("a replay comes to another state")
        for position in skips:
            if not self.input[position].poison and position not in self.lost:
                raise Wrong(f"{position} was skipped and would not have raised again")

    def _hear(self) -> None:
        """What the destination does with the stream: drop what it has seen, stop at a gap or another CRC."""
        last, crc, heard = 0, 0, dict[int, int]()
        for frame in self.output:
            seen = last + 1 - frame.first
            if seen < 0:
                raise Stopped(f"gap: {frame.first} after {last}")
            if seen >= len(frame.values):
                continue
            told = frame.crc
            for value in frame.values[:seen]:
                told = advance(told, value)
            if told != crc:
                raise Stopped(f"another CRC after {last}")
            for value in frame.values[seen:]:
                last, crc = last + 1, advance(crc, value)
                heard[last] = value
        machine = self.replicas[0].machine
        if (last, crc) != (machine.said, machine.crc):
            raise Wrong(f"the destination heard {last}, of {machine.said} that were said")
        for frame in self.output:
            for number, value in enumerate(frame.values, frame.first):
                if heard[number] != value:
                    raise Wrong(f"two values for {number}")


class Replica:
    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.sick: set[int] = set()
        self.shaken: set[int] = set()
        self.skips: set[int] = set()
        self.alive = False
        self.sends = False
        self.claim = 0
        self.flying: list[Frame] = []
        self.deciding: int | None = None
        """the position before which it is about to write a decision"""
        self.start()

    def start(self) -> None:
        self.alive, self.sends = True, False
        self._derive(None)

    def crash(self) -> None:
        self.alive = self.sends = False
        self.deciding = None

    def _derive(self, until: int | None) -> None:
        """The state before position `until`, or that of the newest snapshot."""
        self.skips = set() if self.world.mutant == "decisions not read at restore" else self.world.skips()
        self.deciding = None
        start, machine = self.world.snapshot
        self.position, self.machine, self.unsent = start, machine.copy(), list[Said]()
        while until is not None and self.position < until:
            self._advance(self._apply())

    def promote(self) -> None:
        world = self.world
        if not self.alive:
            return
        world.holder, world.claims = self, world.claims + 1
        self.claim = world.claims
        world.decisions.append(Claim(self.claim))
        if self.position < world.snapshot[0]:
            self._derive(None)
        if world.mutant != "decisions not read at promotion":
            self._honour()
        self.sends = True

    def _honour(self) -> None:
        """Take note of all decisions; begin again where one is about a position passed without it."""
        skips = self.world.skips()
        passed = any(position < self.position for position in skips - self.skips)
        self.skips = skips
        if passed:
            self._derive(None)

    def step(self) -> None:
        if not self.alive:
            return
        what = self.world.chance.random()
        if self.deciding is not None:
            if what < 0.5:
                self._write(self.deciding)
        elif what < 0.5 and self.position < len(self.world.input):
            try:
                self._advance(self._apply())
            except Raised:
                self._repeat(self.position)
        elif what < 0.8:
            self._send()
        else:
            self._save()

    def _raises(self, position: int) -> bool:
        if position in self.shaken:
            self.shaken.discard(position)
            return True
        return self.world.input[position].poison or position in self.sick

    def _apply(self) -> list[Said]:
        event = self.world.input[self.position]
        if self.position in self.skips:
            return self.machine.skip(self.position, event)
        return self.machine.apply(self.position, event, self._raises(self.position))

    def _advance(self, said: list[Said]) -> None:
        self.position += 1
        self.unsent += said

    def _repeat(self, position: int) -> None:
        world = self.world
        if world.snapshot[0] > position:
            self.crash()  # others have passed it
            return
        if world.mutant == "state before not restored":
            self._decide(position)
            return
        try:
            self._derive(position)
            before = self.machine.copy()
            if world.mutant != "decided without repeating":
                self._advance(self._apply())
                return
        except Raised:
            if self.position != position:  # one before it, which has its turn first
                self._derive(None)
                return
        self.machine = before
        self._decide(position)

    def _decide(self, position: int) -> None:
        """Skip the event if that is decided; else see whether this replica may decide it, wait, or halt."""
        world = self.world
        if position in world.skips():
            self._obey()
        elif world.published() > self.machine.said and world.mutant != "decided though published":
            self.crash()
        elif world.mutant == "a standby decides":
            world.decisions.append(Claim(self.claim))
            self._write(position)
        elif world.holder is self:
            self.deciding = position  # written in a step of its own: meanwhile another may become the primary

    def _write(self, position: int) -> None:
        """Write the decision and read it back: another's claim may stand before it."""
        world = self.world
        self.deciding = None
        if position in self.sick:
            world.lost.add(position)
        if world.mutant == "decision kept by its replica":
            self.skips.add(position)
            self._advance(self._apply())
            return
        world.decisions.append(Skip(self.claim, position))
        if position in world.skips() or world.mutant == "decision not read back":
            self.skips.add(position)
            self._obey()

    def _obey(self) -> None:
        self.skips |= self.world.skips()
        self._advance(self._apply())

    def _send(self) -> None:
        """Some of what is unsent, if this replica is still the one: what it sends lands now, or `late`."""
        world = self.world
        if not self.sends:
            return
        if world.holder is not self:
            self.sends = False
            return
        some, self.unsent = self.unsent[:3], self.unsent[3:]
        if some:
            frame = Frame(some[0].sequence, [said.value for said in some], some[0].crc)
            (self.flying if world.late else world.output).append(frame)

    def _save(self) -> None:
        """A snapshot, by the primary, once everything that it said has landed."""
        world = self.world
        if (
            self.sends
            and world.holder is self
            and not self.unsent
            and not self.flying
            and self.position >= world.snapshot[0]
        ):
            world.snapshot = (self.position, self.machine.copy())


def outcome(seed: int, mutant: str = "", late: bool = False) -> str:
    """clean; or how it stopped; or what is wrong."""
    world = World(seed, mutant, late)
    try:
        world.run()
        world.check()
    except (Stopped, Wrong) as problem:
        return f"{type(problem).__name__}: {problem}"
    return "clean"
