"""Machines that raise where a test wants it, and skip at once what raises, as the runtime would decide."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import NO_EVENTS, MachineRaised, Output
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.simulation.poison import Poisoned, fitted
from tests.support.both_engines import both

Decisions = dict[bytes, set[int]]
"""by position: the sequences to skip"""


def _never(name: str, message: Any) -> bool:
    return False


class Ward:
    """Nothing raises until `poison` is set, nor after `cure`."""

    def __init__(self) -> None:
        self.poison: Callable[[str, Any], bool] = _never
        """whether a shard raises as it says a message, or once it has handled one that it says nothing to"""
        self.decisions: dict[str, Decisions] = defaultdict(lambda: defaultdict(set))
        """by shard: what machines made later skip too, be there poison or not"""

    def make(self, name: str) -> Any:
        """On both engines, of which the reference raises; the native one skips what that has skipped."""
        machine = fitted(make_reference(name), lambda message: self._taste(name, message))
        decisions = self.decisions[name]
        self._obey(machine, decisions)
        return both(machine, skips=lambda position, skips: decisions[position])

    def cure(self) -> None:
        self.poison = _never

    def _taste(self, name: str, message: Any) -> None:
        if self.poison(name, message):
            raise Poisoned(message)

    @staticmethod
    def _obey(machine: ReferenceMachine, decisions: Decisions) -> None:
        apply = machine.apply_frame

        def apply_or_skip(
            position: bytes,
            frame: bytes,
            skips: Collection[int] = (),
            instead: Mapping[int, bytes] = NO_EVENTS,
        ) -> list[Output]:
            skips = decisions[position]
            before = machine.snapshot()
            while True:
                try:
                    return apply(position, frame, skips, instead)
                except MachineRaised as raised:
                    if not raised.subject or raised.sequence in skips:
                        raise
                    skips.add(raised.sequence)
                    machine.restore(before)

        machine.apply_frame = apply_or_skip  # type: ignore[method-assign]
