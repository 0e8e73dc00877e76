"""Machines that raise where a test wants it, and skip at once what raises, as the runtime would decide."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from bulkhead.domain.machine import Handler, Outbox
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import MachineRaised, Output
from bulkhead.machines.reference import ReferenceMachine

Decisions = dict[bytes, set[int]]
"""by position: the sequences to skip"""


class Poisoned(Exception):
    """What a handler raises."""


class Tasting:
    """An outbox that raises on poison, so in the middle of a handler."""

    def __init__(self, out: Outbox, poison: Callable[[Any], bool]) -> None:
        self._out = out
        self._poison = poison
        self.said = False

    def send(self, destination: str, message: Any) -> None:
        self.said = True
        if self._poison(message):
            raise Poisoned(message)
        self._out.send(destination, message)


def _never(name: str, message: Any) -> bool:
    return False


class Ward:
    """Nothing raises until `poison` is set, nor after `cure`."""

    def __init__(self) -> None:
        self.poison: Callable[[str, Any], bool] = _never
        """whether a shard raises as it says a message, or once it has handled one that it says nothing to"""
        self.decisions: dict[str, Decisions] = defaultdict(lambda: defaultdict(set))
        """by shard: what machines made later skip too, be there poison or not"""

    def make(self, name: str) -> ReferenceMachine:
        machine = make_machine(name)
        handlers: Any = machine.domain.handlers
        for kind, handler in handlers.items():
            handlers[kind] = self._internal(name, handler)
        if machine._signed is not None:
            commands: Any = machine._signed._commands
            for kind, command in commands.items():
                commands[kind] = self._signed(name, command)
        self._obey(machine, self.decisions[name])
        return machine

    def cure(self) -> None:
        self.poison = _never

    def _tasting(self, name: str, out: Outbox) -> Tasting:
        return Tasting(out, lambda message: self.poison(name, message))

    def _internal(self, name: str, handler: Handler) -> Handler:
        def handle(message: Any, out: Outbox) -> None:
            tasting = self._tasting(name, out)
            handler(message, tasting)
            if not tasting.said and self.poison(name, message):
                raise Poisoned(message)

        return handle

    def _signed(self, name: str, command: Any) -> Any:
        return lambda session, message, out: command(session, message, self._tasting(name, out))

    @staticmethod
    def _obey(machine: ReferenceMachine, decisions: Decisions) -> None:
        apply = machine.apply_frame

        def apply_or_skip(position: bytes, frame: bytes, skips: Collection[int] = ()) -> list[Output]:
            skips = decisions[position]
            before = machine.snapshot()
            while True:
                try:
                    return apply(position, frame, skips)
                except MachineRaised as raised:
                    if not raised.subject or raised.sequence in skips:
                        raise
                    skips.add(raised.sequence)
                    machine.restore(before)

        machine.apply_frame = apply_or_skip  # type: ignore[method-assign, assignment]
