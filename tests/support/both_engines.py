"""Both engines in lockstep behind the one interface of a machine: whatever one says, the other says too.

Compared after every frame: the outputs or the failure, and the snapshots, byte for byte.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from bulkhead.domain.machine import DomainMachine
from bulkhead.domain.reasons import Reason
from bulkhead.errors import FatalError
from bulkhead.machines.engines import native_is_built
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import NO_EVENTS, Frozen, Machine, MachineRaised, Output, Streams
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.wire.frame import Unreadable

NATIVE_IS_BUILT: Final = native_is_built()
MACHINE_FAILURES: Final = (FatalError, Unreadable, MachineRaised)
"""what applying a frame may raise"""
KINDS: Final = ("book", "risk", "settlement")
"""Shards that both engines have machines for."""

if TYPE_CHECKING or NATIVE_IS_BUILT:
    from bulkhead.machines.native import NativeMachine

Skips = Callable[[bytes, Collection[int]], Collection[int]]
"""by position, and what a caller says: the sequences that are not to be applied"""


T = TypeVar("T")


class Failed(NamedTuple):
    """What is compared of an exception: two engines word what they raised each in its own way."""

    kind: type
    facts: dict[str, Any]


def _failed(outcome: object) -> object:
    return Failed(type(outcome), vars(outcome)) if isinstance(outcome, Exception) else outcome


def _same(native: object, reference: T) -> T:
    assert native == reference
    return reference


def _tried(call: Callable[..., T], *arguments: Any) -> T | Exception:
    try:
        return call(*arguments)
    except MACHINE_FAILURES as problem:
        return problem


def _as_told(position: bytes, skips: Collection[int]) -> Collection[int]:
    return skips


class BothEngines:
    """Implements machines.interface.Machine. AssertionError where the engines differ.

    `reference` may be one that a test has fitted to raise, and to skip that by itself: `skips` then says what
    it has skipped. `changing`: the engines change places after every frame.
    """

    def __init__(
        self,
        reference: ReferenceMachine,
        changing: bool = False,
        skips: Skips = _as_told,
    ) -> None:
        self.reference = reference
        self.native: Machine = NativeMachine(reference.name, input_partition(reference.name))
        self._changing = changing
        self._skips = skips
        self.compared = self.snapshot()
        """of the state that was compared last"""

    @property
    def domain(self) -> DomainMachine:
        """The reference's: the native engine's cannot be looked at."""
        return self.reference.domain

    @property
    def name(self) -> str:
        return _same(self.native.name, self.reference.name)

    @property
    def events_applied(self) -> int:
        return _same(self.native.events_applied, self.reference.events_applied)

    @property
    def duplicates_dropped(self) -> int:
        return _same(self.native.duplicates_dropped, self.reference.duplicates_dropped)

    @property
    def tick(self) -> int:
        return _same(self.native.tick, self.reference.tick)

    @property
    def skipped(self) -> Collection[tuple[bytes, int]]:
        return _same(self.native.skipped, self.reference.skipped)

    def quarantined(self) -> dict[str, list[bytes]]:
        return dict(
            _same(list(self.native.quarantined().items()), list(self.reference.quarantined().items()))
        )

    def apply_frame(
        self,
        position: bytes,
        frame: bytes,
        skips: Collection[int] = (),
        instead: Mapping[int, bytes] = NO_EVENTS,
    ) -> list[Output]:
        expected = _tried(self.reference.apply_frame, position, frame, skips, instead)
        told = self._skips(position, skips)
        return self._compared(expected, _tried(self.native.apply_frame, position, frame, told, instead))

    def _compared(self, expected: T | Exception, answered: object) -> T:
        """What the reference has answered, if the native engine has too; or raises it, if both have."""
        if isinstance(expected, Exception):
            _same(_failed(answered), _failed(expected))
            raise expected
        _same(answered, expected)
        self._compare()
        return expected

    def _compare(self) -> None:
        self.compared = self.snapshot()
        if self._changing:
            self.reference.restore(self.native.snapshot())
            self.native.restore(self.compared)

    def accept_loss(self, source: str, last: int, crc: int) -> None:
        expected = _tried(self.reference.accept_loss, source, last, crc)
        self._compared(expected, _tried(self.native.accept_loss, source, last, crc))

    def refuse_frame(self, position: bytes, frame: bytes, reason: Reason) -> list[Output]:
        expected = self.reference.refuse_frame(position, frame, reason)
        outputs = _same(self.native.refuse_frame(position, frame, reason), expected)
        self._compare()
        return outputs

    def snapshot(self) -> bytes:
        return _same(self.native.snapshot(), self.reference.snapshot())

    def freeze(self) -> Frozen:
        return _BothFrozen(self.reference.freeze(), self.native.freeze())

    def restore(self, snapshot: bytes) -> None:
        self.reference.restore(snapshot)
        self.native.restore(snapshot)

    def digest(self) -> bytes:
        return _same(self.native.digest(), self.reference.digest())

    def streams(self) -> Streams:
        return _same(self.native.streams(), self.reference.streams())


def changed_by_hand(machine: Machine) -> None:
    """A test has changed something in the `domain` of `machine`: so it is in the native engine too."""
    if isinstance(machine, BothEngines):
        machine.native.restore(machine.reference.snapshot())


class _BothFrozen:
    def __init__(self, reference: Frozen, native: Frozen) -> None:
        self._reference = reference
        self._native = native

    def snapshot(self) -> bytes:
        return _same(self._native.snapshot(), self._reference.snapshot())


def runs_on_both(shard: str) -> bool:
    return NATIVE_IS_BUILT and shard.split("/")[0] in KINDS


def both(reference: ReferenceMachine, changing: bool = False, skips: Skips = _as_told) -> Any:
    """`reference` and the native machine of its shard, if there is one; else `reference` alone."""
    return BothEngines(reference, changing, skips) if runs_on_both(reference.name) else reference


def make_both(shard: str) -> Any:
    """The machine of `shard` in its first state, on both engines where both have it."""
    return both(make_reference(shard))


def make_changing(shard: str) -> Any:
    """As make_both; each engine goes on from the other's snapshot after every frame."""
    return both(make_reference(shard), changing=True)
