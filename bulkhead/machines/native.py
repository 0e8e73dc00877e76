"""The native engine: a machine of the Rust crate behind the one interface.

Bytes go in and bytes come out; what this does besides is to give failures the words and the classes that
those of the reference engine have.
"""

from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from bulkhead._engine import Machine, MachineFailure
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.machines.interface import (
    NO_EVENTS,
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
from bulkhead.machines.streams import Gap, Mismatch, broken, taken_already
from bulkhead.wire.frame import Unreadable


class NativeRaised(Exception):
    """What a machine of the native engine raised, or panicked with."""


class NativeMachine:
    """Implements machines.interface.Machine. ValueError: the engine has no machine for such a shard."""

    def __init__(self, name: str, partition: str, machine: Any = None) -> None:
        """`machine`: another of the crate's classes, with the methods of Machine."""
        self._name = name
        self._machine: Machine = Machine(name, partition) if machine is None else machine

    @property
    def name(self) -> str:
        return self._name

    @property
    def events_applied(self) -> int:
        return self._machine.events_applied

    @property
    def duplicates_dropped(self) -> int:
        return self._machine.duplicates_dropped

    @property
    def tick(self) -> int:
        return self._machine.tick

    @property
    def skipped(self) -> list[tuple[bytes, int]]:
        return self._machine.skipped()

    def quarantined(self) -> dict[str, list[bytes]]:
        return dict(self._machine.quarantined())

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        try:
            outputs = self._machine.apply_frame(position, frame, list(skips), dict(instead))
        except MachineFailure as failure:
            self._raise(position, failure)
        return [Output(*output) for output in outputs]

    def _raise(self, position: bytes, failure: MachineFailure) -> NoReturn:
        match failure.args:
            case ("unreadable", text):
                raise Unreadable(Reason.FRAME_MALFORMED, f"not a frame: {text}")
            case ("broken", source, destination, frame_crc, last, ("gap", expected, received)):
                raise broken(source, destination, last, frame_crc, Gap(expected, received))
            case ("broken", source, destination, frame_crc, last, (_, expected, received)):
                raise broken(source, destination, last, frame_crc, Mismatch(last, expected, received))
            case ("impossible", source, sequence, event, known, text):
                words = (cannot_be if known else not_known)(self._name, source, text)
                raise EventImpossible(words, source, sequence, event)
            case ("behaviour", source, sequence, event, version, newest):
                words = behaviour_not_known(self._name, version, newest)
                raise EventImpossible(words, source, sequence, event)
            case ("raised", source, sequence, subject, event, text):
                raised = MachineRaised(self._name, position, source, sequence, subject, event)
                raise raised from NativeRaised(text)
        raise AssertionError(f"a failure of no kind: {failure.args}")

    def accept_loss(self, source: str, last: int, crc: int) -> None:
        taken = self._machine.accept_loss(source, last, crc)
        if taken is not None:
            raise taken_already(source, last, taken)

    def refuse_frame(self, position: bytes, frame: bytes, reason: Reason) -> list[Output]:
        return [Output(*output) for output in self._machine.refuse_frame(position, frame, reason)]

    def snapshot(self) -> bytes:
        return self._machine.snapshot()

    def freeze(self) -> Frozen:
        return self._machine.freeze()

    def restore(self, snapshot: bytes) -> None:
        try:
            other = self._machine.restore(snapshot)
        except ValueError as problem:
            raise FatalError(f"{self._name}: the snapshot is none: {problem}") from problem
        if other is not None:
            raise another_machines(self._name, *other)

    def digest(self) -> bytes:
        return self._machine.digest()

    def streams(self) -> Streams:
        outputs = self._machine.outputs()
        return Streams(
            dict(self._machine.inputs()),
            {destination: (last, digest.hex()) for destination, last, digest in outputs},
        )
