"""Quarantine in a machine: what is halted, the events put aside for it, and which events were skipped.

Who decides that an event is skipped is not known here (runtime): a machine obeys. The event's subject, an
instrument or an account, halts; from then on none of its events reaches its handler. One that somebody waits
for an answer to is refused, any other is put aside as its bytes, until an operator's ReleaseQuarantine.

The same way events are kept that are about participants who are on their way to this shard (domain/risk/
moving.py): from ExpectSlots until SlotsGiven.
"""

from collections.abc import Collection, Mapping
from typing import Any

from bulkhead.domain.isolation import ALONE, Isolation
from bulkhead.domain.machine import Handler, Impossible, Outbox, State
from bulkhead.domain.messages.control import ReleaseQuarantine
from bulkhead.domain.messages.moving import ExpectSlots, SlotsGiven, SlotsSwitched
from bulkhead.domain.messages.settlement_shards import GiveAccounts, GiveRest
from bulkhead.wire.codec import decode

_LAST_WORDS = (SlotsSwitched, GiveAccounts, GiveRest)
"""of which the last that comes lets slots go"""


class Unreleasable(Exception):
    """An event that was put aside cannot follow from what the machine knows: it stays where it is."""


class Aside:
    """Of one machine, whose `isolation` says what its events concern."""

    def __init__(self, isolation: Isolation, handlers: Mapping[type, Handler]) -> None:
        self._isolation = isolation
        self._handlers = handlers
        self._events: dict[str, list[bytes]] = {}
        """by halted subject, in the order in which they came"""
        self._skipped: set[tuple[bytes, int]] = set()
        self._arrivals: list[bytes] | None = None
        """events about strangers, while slots come that may be theirs; None: none come"""

    def detour(self, position: bytes, skips: Collection[int], always: bool) -> "Detour | None":
        """For the frame at `position`; None, unless `always`: all its events go the usual way."""
        return Detour(self, position, skips) if skips or self._halts_or_keeps or always else None

    @property
    def _halts_or_keeps(self) -> bool:
        return bool(self._events) or self._arrivals is not None

    @property
    def arrivals(self) -> list[bytes] | None:
        return self._arrivals

    def keeps(self, message: Any) -> bool:
        """Whether an event is kept until slots have come."""
        return self._arrivals is not None and self._isolation.is_stranger(message)

    def keep(self, event: bytes) -> None:
        assert self._arrivals is not None
        self._arrivals.append(event)

    def follow_slots(self, message: Any, out: Outbox) -> None:
        """`message` was handled: begin to keep what is heard of strangers, or apply what was kept."""
        if type(message) is ExpectSlots:
            self._arrivals = []
        elif type(message) is SlotsGiven:
            kept, self._arrivals = self._arrivals or [], None
            for event in kept:
                arrived = decode(event)
                self._handlers[type(arrived)](arrived, out)

    def delays(self, message: Any, event: bytes) -> bool:
        """Whether slots have to stay, since something is halted: what is aside for it would be left behind.
        The last word that they may go is then put aside with it.
        """
        if type(message) not in _LAST_WORDS or not self._events:
            return False
        self._events[min(self._events)].append(event)
        return True

    @property
    def skipped(self) -> list[tuple[bytes, int]]:
        return sorted(self._skipped)

    def quarantined(self) -> dict[str, list[bytes]]:
        return {subject: list(self._events[subject]) for subject in sorted(self._events)}

    def subject(self, message: Any) -> str:
        """What would halt, were `message` skipped."""
        if type(message) is ReleaseQuarantine:
            return message.subject
        return self._isolation.subject(message)

    def halts(self, subject: str) -> bool:
        return subject in self._events

    def skip(self, position: bytes, sequence: int, subject: str, out: Outbox) -> None:
        """Note that an event is not applied, and halt its subject."""
        if not subject:
            raise ValueError("it concerns more than one instrument or account: it cannot be skipped")
        self._skipped.add((position, sequence))
        if subject != ALONE and subject not in self._events:
            self._events[subject] = []
            self._isolation.halt(subject, out)

    def put(self, subject: str, message: Any, event: bytes, out: Outbox) -> None:
        """Refuse or put aside an event of a halted subject."""
        if not self._isolation.refuse(message, out):
            self._events[subject].append(event)
            self._isolation.put_aside(message)

    def release(self, decision: ReleaseQuarantine, out: Outbox) -> None:
        """Let a subject go on, its events first; nothing changes where it is not halted."""
        events = self._events.pop(decision.subject, None)
        if events is None:
            return
        self._isolation.resume(decision.subject, out)
        for event in events:
            message = decode(event)
            if self.delays(message, event):
                continue
            self._isolation.take_up(message)
            if decision.discard and type(message) not in _LAST_WORDS:
                self._isolation.discard(message, out)
            else:
                self._apply(message, out)

    def _apply(self, message: Any, out: Outbox) -> None:
        try:
            self._handlers[type(message)](message, out)
        except Impossible as problem:
            # Not FATAL: the decision would halt the shard for ever, and can be skipped instead.
            raise Unreleasable(f"{message}: {problem}") from problem

    def state(self) -> State:
        return {"halted": self.quarantined(), "skipped": [list(event) for event in self.skipped]}

    def load(self, state: State, arrivals: list[bytes] | None) -> None:
        """None: nothing was ever skipped."""
        self._events, self._skipped = {}, set()
        self._arrivals = None if arrivals is None else list(arrivals)
        if state is not None:
            self._events = {subject: list(events) for subject, events in state["halted"].items()}
            self._skipped = {(position, sequence) for position, sequence in state["skipped"]}


class Detour:
    """The way of the events of one frame, some of which may not reach their handlers."""

    __slots__ = ("_aside", "_position", "_skips")

    def __init__(self, aside: Aside, position: bytes, skips: Collection[int]) -> None:
        self._aside = aside
        self._position = position
        self._skips = skips

    def skip(self, sequence: int, subject: str, out: Outbox) -> bool:
        """Whether the event is to be skipped; its subject is then halted."""
        if sequence not in self._skips:
            return False
        self._aside.skip(self._position, sequence, subject, out)
        return True

    def halts(self, subject: str) -> bool:
        return self._aside.halts(subject)

    def apply(
        self, sequence: int, subject: str, message: Any, event: bytes, handler: Handler, out: Outbox
    ) -> None:
        """Apply an event of an internal source, or refuse it, or put it aside."""
        skipped = self.skip(sequence, subject, out)
        if type(message) is ReleaseQuarantine:
            if not skipped:
                self._aside.release(message, out)
        elif skipped or self._aside.halts(subject):
            self._aside.put(subject, message, event, out)
        elif self._aside.keeps(message):
            self._aside.keep(event)
        elif not self._aside.delays(message, event):
            handler(message, out)
            self._aside.follow_slots(message, out)
