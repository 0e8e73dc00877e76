"""What comes to one machine, drawn by chance, on both engines: frames that go on and frames that do not,
events that can't be read, quarantine, repair, snapshots while it goes on, a restore at any moment.

Kinds of machines know what may be said to them: partition_history.py, risk_history.py.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from bulkhead.domain.messages.control import ReleaseQuarantine
from bulkhead.domain.reasons import Reason
from bulkhead.machines.factory import input_partition
from bulkhead.machines.interface import NO_EVENTS, Frozen, MachineRaised, Output
from bulkhead.simulation.commands import GARBAGE
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, encode, type_number
from bulkhead.wire.frame import (
    AUTHENTICATION_BYTES,
    Unreadable,
    advance_crc,
    authenticated_bytes,
    join_events,
    read_frame,
    split_body,
)
from bulkhead.wire.table import TABLE
from tests.property.drawn_messages import Names, draw_message
from tests.support.both_engines import MACHINE_FAILURES, make_both

EXCHANGE: Final = ("fuzzed", b"genesis-of-tests")


class Stream(NamedTuple):
    """How far an internal source has come."""

    last: int = 0
    crc: int = 0


class Founded(NamedTuple):
    snapshot: bytes
    streams: dict[str, Stream]
    frames: int


_FOUNDED: dict[type, Founded] = {}
"""Where histories of a kind begin: their founding is gone through once."""


class Spoken(NamedTuple):
    source: str
    events: list[bytes]
    """what it says, encoded"""


class History:
    """Of the machine of `shard`. AssertionError where the engines differ.

    `checked`: messages that their senders have looked at, so that there is no nonsense in them.
    """

    def __init__(self, shard: str, checked: Collection[type]) -> None:
        self._shard = shard
        self._foreign = [entry.message for entry in TABLE if entry.message not in checked]
        self.machine: Any = make_both(shard)
        self.events = 0
        """applied by both since the founding, refused or not"""
        self.taken: Counter[type] = Counter()
        """messages that were applied, by class"""
        self.said: Counter[int] = Counter()
        """messages that the machine has said, by their types' numbers"""
        self.failures: Counter[type] = Counter()
        self._streams: dict[str, Stream] = {}
        self._frames = 0
        self._frozen: tuple[Frozen, bytes] | None = None
        self._snapshot: bytes = self.machine.snapshot()
        self._actions: list[tuple[int, Callable[[random.Random], None]]] = [
            (100, self._goes_on),
            (2, self._garbage),
            (1, self._not_for_it),
            (3, self._sent_again),
            (2, self._does_not_go_on),
            (1, self._mangled),
            (2, self._skipped),
            (2, self._replaced),
            (1, self._lost),
            (1, self._unverified),
            (2, self._begins_anew),
            (2, self._freezes),
            (2, self._thaws),
            (12, self._released),
        ]

    def found(self, founding: Callable[[], None]) -> None:
        """Begin where `founding` leads to, which is the same for every history of this kind."""
        founded = _FOUNDED.get(type(self))
        if founded is None:
            founding()
            self.events = 0
            founded = _FOUNDED[type(self)] = Founded(self._snapshot, self._streams, self._frames)
        self._restore(founded.snapshot)
        self._streams, self._frames = dict(founded.streams), founded.frames

    # What kinds of machines say.

    def drawn(self, chance: random.Random) -> Spoken:
        """Some events of one source, at least one."""
        raise NotImplementedError

    def names(self) -> Names:
        raise NotImplementedError

    def heard(self, destination: str, events: Sequence[bytes]) -> None:
        """The machine has said these."""

    # What is done with it.

    def act(self, chance: random.Random) -> None:
        weights = [weight for weight, _ in self._actions]
        chance.choices(self._actions, weights)[0][1](chance)

    def say(self, source: str, messages: Sequence[Any]) -> bool:
        """Whether the machine has taken them, as the next of that stream."""
        return self._send(source, [encode(message) for message in messages])

    def _goes_on(self, chance: random.Random) -> None:
        self._send(*self.drawn(chance))

    def _garbage(self, chance: random.Random) -> None:
        """Among others an event that can't be read."""
        source, events = self.drawn(chance)
        event = _spoiled(chance, chance.choice(events))
        if _readable(event) is not None:
            event = chance.choice(GARBAGE)
        events.insert(chance.randint(0, len(events)), event)
        self._send(source, events)

    def _not_for_it(self, chance: random.Random) -> None:
        """Any message that there is."""
        source, _ = self.drawn(chance)
        self.say(source, [draw_message(chance, chance.choice(self._foreign), self.names())])

    def _sent_again(self, chance: random.Random) -> None:
        """From the last event on that was taken: with another in its place the CRC-32 is wrong."""
        source, events = self.drawn(chance)
        stream = self.stream(source)
        self._apply(self._frame(source, stream.last, stream.crc, events))

    def _does_not_go_on(self, chance: random.Random) -> None:
        source, events = self.drawn(chance)
        stream = self.stream(source)
        gap, crc = chance.choice(((1, stream.crc), (2**40, 0), (0, stream.crc ^ 1)))
        self._apply(self._frame(source, stream.last + 1 + gap, crc, events))

    def _mangled(self, chance: random.Random) -> None:
        """A frame that can't be read."""
        source, events = self.drawn(chance)
        stream = self.stream(source)
        frame = _spoiled(chance, self._frame(source, stream.last + 1, stream.crc, events))
        frame = frame[: chance.choice((len(frame), len(frame) - 1, AUTHENTICATION_BYTES, 3))]
        try:
            read_frame(frame)
        except Unreadable:
            self._apply(frame)

    def _skipped(self, chance: random.Random) -> None:
        """An event is quarantined."""
        source, events = self.drawn(chance)
        self._send(source, events, {self.stream(source).last + 1 + chance.randrange(len(events))})

    def _replaced(self, chance: random.Random) -> None:
        """An operator has another event applied in the place of one of a shard, or none."""
        source, events = self.drawn(chance)
        if self.is_signed(source):
            return
        sequence = self.stream(source).last + 1 + chance.randrange(len(events))
        other = b"" if chance.random() < 0.5 else chance.choice(events)
        self._send(source, events, (), {sequence: other})

    def _lost(self, chance: random.Random) -> None:
        """An operator gives events of a stream up."""
        source, _ = self.drawn(chance)
        if self.is_signed(source):
            return
        stream = self.stream(source)
        behind = Stream(max(0, stream.last + chance.choice((-1, 0, 1, 5))), chance.getrandbits(32))
        try:
            self.machine.accept_loss(source, *behind)
        except MACHINE_FAILURES as problem:
            self._failed(problem)
        else:
            self._streams[source] = behind
            self._snapshot = self.machine.compared

    def _unverified(self, chance: random.Random) -> None:
        frame = chance.randbytes(chance.choice((0, 3, 5000)))
        self.machine.refuse_frame(self._position(), frame, chance.choice(list(Reason)))
        self._snapshot = self.machine.compared

    def _begins_anew(self, chance: random.Random) -> None:
        """Each engine from the other's snapshot: they are equal."""
        self._restore(self._snapshot)
        assert self.machine.snapshot() == self._snapshot, "a restored machine is another"

    def _freezes(self, chance: random.Random) -> None:
        self._frozen = self.machine.freeze(), self._snapshot

    def _thaws(self, chance: random.Random) -> None:
        """A snapshot is written of what was, since when the machine has gone on."""
        if self._frozen is not None:
            frozen, snapshot = self._frozen
            assert frozen.snapshot() == snapshot
            self._frozen = None

    def _released(self, chance: random.Random) -> None:
        subjects = list(self.machine.quarantined())
        if subjects:
            subject = chance.choice(subjects)
            release = ReleaseQuarantine(self._shard, subject, chance.random() < 0.15, "")
            self.say("control/0", [release])

    # Frames.

    @staticmethod
    def is_signed(source: str) -> bool:
        return len(source) > 64

    def stream(self, source: str) -> Stream:
        return self._streams.get(source, Stream())

    def _position(self) -> bytes:
        self._frames += 1
        return self._frames.to_bytes(8, "big")

    def _frame(self, source: str, first: int, crc: int, events: Sequence[bytes]) -> bytes:
        partition = input_partition(self._shard)
        authenticated = authenticated_bytes(
            *EXCHANGE, source, partition, max(first, 1), crc, 0, len(events), join_events(events)
        )
        return bytes(AUTHENTICATION_BYTES) + authenticated

    def _send(
        self,
        source: str,
        events: Sequence[bytes],
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> bool:
        stream = self.stream(source)
        frame = self._frame(source, stream.last + 1, stream.crc, events)
        problem = self._apply(frame, skips, instead)
        if isinstance(problem, MachineRaised) and problem.subject and not skips:
            return self._send(source, events, {problem.sequence}, instead)
        if problem is not None:
            return False
        if not self.is_signed(source):
            self._streams[source] = Stream(stream.last + len(events), advance_crc(stream.crc, events))
        self.events += len(events)
        self.taken.update(type(message) for message in map(_readable, events) if message is not None)
        return True

    def _apply(
        self, frame: bytes, skips: Collection[int] = (), instead: Mapping[int, bytes] = NO_EVENTS
    ) -> Exception | None:
        """What both have failed with, if they have: they are then what they were before."""
        try:
            outputs = self.machine.apply_frame(self._position(), frame, skips, instead)
        except MACHINE_FAILURES as problem:
            self._failed(problem)
            return problem
        self._snapshot = self.machine.compared
        self._hear(outputs)
        return None

    def _failed(self, problem: Exception) -> None:
        self.failures[type(problem)] += 1
        self._restore(self._snapshot)

    def _restore(self, snapshot: bytes) -> None:
        self.machine = make_both(self._shard)
        self.machine.restore(snapshot)
        self._snapshot = snapshot

    def _hear(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            events = split_body(output.body, output.events)
            self.said.update(map(type_number, events))
            self.heard(output.destination, events)


def _spoiled(chance: random.Random, data: bytes) -> bytes:
    """With another bit."""
    spoiled = bytearray(data or b"\x90")
    spoiled[chance.randrange(len(spoiled))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def _readable(event: bytes) -> Any:
    try:
        return decode(event)
    except (Malformed, TypeUnknown):
        return None
