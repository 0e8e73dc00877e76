"""The reference engine: a machine of the domain between two ends of numbered streams."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

import msgspec

from bulkhead.domain.isolation import Isolation
from bulkhead.domain.machine import BehaviourUnknown, DomainMachine, Impossible
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.domain.messages.moving import ExpectSlots
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.machines import collector
from bulkhead.machines.aside import Aside, Detour
from bulkhead.machines.interface import (
    NO_EVENTS,
    NOT_A_MACHINES_OWN,
    SNAPSHOT_VERSION,
    EventImpossible,
    Frozen,
    MachineRaised,
    Output,
    Streams,
    another_machines,
    behaviour_not_known,
    cannot_be,
    not_known,
)
from bulkhead.machines.signed import EventRaised, SignedStreams
from bulkhead.machines.streams import InputStreams, OutputStreams
from bulkhead.wire.codec import ENCODERS, Malformed, TypeUnknown, decode
from bulkhead.wire.frame import Frame, read_frame

DEAD_LETTERS = "dead_letters/0"
DEAD_LETTER_BYTES_MAX = 4096

_pack = msgspec.msgpack.Encoder(order="sorted").encode
_unpack = msgspec.msgpack.Decoder().decode


class EncodedOutbox:
    """Gathers what one frame causes, encoded, by destination."""

    __slots__ = ("pending", "source")

    def __init__(self, source: str) -> None:
        self.source = source
        self.pending: dict[str, list[bytes]] = {}

    def send(self, destination: str, message: Any) -> None:
        event = ENCODERS[type(message)](message)
        events = self.pending.get(destination)
        if events is None:
            self.pending[destination] = [event]
        else:
            events.append(event)


class Packed:
    """A state that has been packed."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def snapshot(self) -> bytes:
        return self._packed


class ReferenceMachine:
    """Implements machines.interface.Machine for a machine of the domain.

    `partition` is the one it consumes. `signed` receives the frames of participants or operators; None where
    only internal sources may write. `isolation`: what of it can halt by itself; None: nothing.
    """

    def __init__(
        self,
        name: str,
        partition: str,
        domain: DomainMachine,
        signed: SignedStreams | None = None,
        isolation: Isolation | None = None,
    ) -> None:
        self._name = name
        self._partition = partition
        self._domain = domain
        self._signed = signed
        self._handlers = domain.handlers
        self._aside = Aside(isolation or Isolation(), domain.handlers)
        self._inputs = InputStreams()
        self._outputs = OutputStreams()
        self._events_applied = 0

    @property
    def name(self) -> str:
        return self._name

    @property
    def domain(self) -> DomainMachine:
        return self._domain

    @property
    def events_applied(self) -> int:
        return self._events_applied

    @property
    def duplicates_dropped(self) -> int:
        return self._inputs.duplicates

    @property
    def tick(self) -> int:
        return self._domain.tick

    @property
    def skipped(self) -> list[tuple[bytes, int]]:
        return self._aside.skipped

    def quarantined(self) -> dict[str, list[bytes]]:
        return self._aside.quarantined()

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        read = read_frame(frame)
        outbox = EncodedOutbox(read.source)
        signer = read.signer
        detour = self._aside.detour(position, skips, always=bool(instead))
        if signer is None:
            events = self._inputs.admit(read)
            if instead:
                first = read.last - len(events) + 1
                events = [instead.get(sequence, event) for sequence, event in enumerate(events, first)]
            if detour is None:
                self._apply(position, read, events, outbox)
            else:
                self._apply_some(position, read, events, instead, detour, outbox)
            self._events_applied += len(events)
        elif self._signed is None:
            self._dead_letter(position, frame, Reason.SOURCE_FORBIDDEN, outbox)
        else:
            taken, refusal = self._apply_signed(position, read, signer, detour, outbox)
            self._events_applied += taken
            if refusal is not None:
                self._dead_letter(position, frame, refusal, outbox)
        return self._outputs.number(outbox.pending)

    def _apply_signed(
        self,
        position: bytes,
        frame: Frame,
        signer: tuple[bytes, int],
        detour: Detour | None,
        outbox: EncodedOutbox,
    ) -> tuple[int, Reason | None]:
        assert self._signed is not None
        try:
            return self._signed.apply(frame, signer, outbox, detour)
        except NOT_A_MACHINES_OWN:
            raise
        except EventRaised as raised:
            if isinstance(raised.__cause__, BehaviourUnknown):
                raise self._raised(raised.__cause__, position, frame, *raised.args) from raised.__cause__
            raise MachineRaised(self._name, position, frame.source, *raised.args) from raised.__cause__
        except Exception as problem:  # at no event, but at the frame's place in its stream
            raise MachineRaised(self._name, position, frame.source, frame.first, "", b"") from problem

    def _apply(self, position: bytes, frame: Frame, events: list[bytes], outbox: EncodedOutbox) -> None:
        """Apply events of an internal source while nothing is halted."""
        handlers = self._handlers
        for event in events:
            try:
                message = decode(event)
                handler = handlers[type(message)]
            except (Malformed, TypeUnknown, KeyError) as problem:
                raise self._unknown(frame, _sequence(frame, event), event, problem) from problem
            if type(message) is ExpectSlots:
                # What follows may have to be kept.
                rest = events[next(place for place, one in enumerate(events) if one is event) :]
                detour = self._aside.detour(position, (), always=True)
                assert detour is not None
                self._apply_some(position, frame, rest, NO_EVENTS, detour, outbox)
                return
            try:
                handler(message, outbox)
            except NOT_A_MACHINES_OWN:
                raise
            except Exception as problem:
                sequence = _sequence(frame, event)
                subject = self._aside.subject(message)
                raise self._raised(problem, position, frame, sequence, subject, event) from problem

    def _apply_some(
        self,
        position: bytes,
        frame: Frame,
        events: list[bytes],
        instead: Mapping[int, bytes],
        detour: Detour,
        outbox: EncodedOutbox,
    ) -> None:
        """Apply events of an internal source, some of which are skipped or concern what is halted."""
        for sequence, event in enumerate(events, frame.last - len(events) + 1):
            if not event and sequence in instead:
                continue  # an operator wants nothing in its place
            try:
                message = decode(event)
                handler = self._handlers[type(message)]
            except (Malformed, TypeUnknown, KeyError) as problem:
                raise self._unknown(frame, sequence, event, problem) from problem
            subject = self._aside.subject(message)
            try:
                detour.apply(sequence, subject, message, event, handler, outbox)
            except NOT_A_MACHINES_OWN:
                raise
            except Exception as problem:
                raise self._raised(problem, position, frame, sequence, subject, event) from problem

    def _unknown(self, frame: Frame, sequence: int, event: bytes, problem: Exception) -> FatalError:
        return EventImpossible(
            not_known(self._name, frame.source, repr(problem)), frame.source, sequence, event
        )

    def _raised(
        self, problem: Exception, position: bytes, frame: Frame, sequence: int, subject: str, event: bytes
    ) -> FatalError | MachineRaised:
        """What to raise where a handler has raised `problem`."""
        if isinstance(problem, Impossible):
            words = cannot_be(self._name, frame.source, problem)
            return EventImpossible(words, frame.source, sequence, event)
        if isinstance(problem, BehaviourUnknown):
            words = behaviour_not_known(self._name, problem.version, problem.newest)
            return EventImpossible(words, frame.source, sequence, event)
        return MachineRaised(self._name, position, frame.source, sequence, subject, event)

    def accept_loss(self, source: str, last: int, crc: int) -> None:
        self._inputs.go_on_behind(source, last, crc)

    def refuse_frame(self, position: bytes, frame: bytes, reason: Reason) -> list[Output]:
        outbox = EncodedOutbox("")
        self._dead_letter(position, frame, reason, outbox)
        return self._outputs.number(outbox.pending)

    def _dead_letter(self, position: bytes, frame: bytes, reason: Reason, outbox: EncodedOutbox) -> None:
        outbox.send(
            DEAD_LETTERS,
            DeadLetter(self._partition, position, reason, frame[:DEAD_LETTER_BYTES_MAX], len(frame)),
        )

    def snapshot(self) -> bytes:
        with collector.resting():
            packed: bytes = _pack(self._state())
        return packed

    def freeze(self) -> Frozen:
        """Python objects can't be frozen: they are packed at once, and the machine stands still meanwhile."""
        return Packed(self.snapshot())

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "version": SNAPSHOT_VERSION,
            "name": self._name,
            "events_applied": self._events_applied,
            "inputs": self._inputs.state(),
            "outputs": self._outputs.state(),
            "domain": self._domain.state(),
        }
        if self._aside.skipped:  # the snapshots of an exchange without quarantines stay what they were
            state["quarantine"] = self._aside.state()
        if self._aside.arrivals is not None:
            state["arrivals"] = self._aside.arrivals
        return state

    def restore(self, snapshot: bytes) -> None:
        try:
            with collector.resting():
                self._restore(_unpack(snapshot))
        except ValueError as problem:
            raise FatalError(f"{self._name}: the snapshot is none: {problem}") from problem

    def _restore(self, state: Any) -> None:
        if state["version"] != SNAPSHOT_VERSION or state["name"] != self._name:
            raise another_machines(self._name, state["name"], state["version"])
        self._events_applied = state["events_applied"]
        self._inputs.load(state["inputs"])
        self._outputs.load(state["outputs"])
        self._domain.load(state["domain"])
        self._aside.load(state.get("quarantine"), state.get("arrivals"))

    def digest(self) -> bytes:
        return sha256(self.snapshot()).digest()

    def streams(self) -> Streams:
        return Streams(self._inputs.last(), self._outputs.digests())


def _sequence(frame: Frame, event: bytes) -> int:
    """Of one of a frame's events; counted only where it is needed: the normal case pays nothing for it."""
    return frame.first + next(number for number, one in enumerate(frame.events) if one is event)
