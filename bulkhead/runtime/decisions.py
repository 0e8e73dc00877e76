"""One shard's log of decisions: who claimed to be the one that sends, which events nobody is to apply, and
what an operator has repaired.

tests/model/quarantine.py is where the rules of skipping come from. Such a decision counts if its writer's
claim is the newest before it. So whoever claims, and then reads, has seen every decision that it must honour;
what the one before still writes counts for nothing. A repair is about a place that no process has passed: it
counts if its operator has seen all that counts before it.
"""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from bulkhead.domain.messages.quarantine import (
    EventReplaced,
    EventSkipped,
    FrameDropped,
    FrameResent,
    LossAccepted,
    PrimaryClaimed,
)
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log, Position
from bulkhead.machines.interface import Machine, MachineRaised
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer, Verifier
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import Unreadable

CONTROL = "control/0"
"""whose word on repairs counts: it has checked the operator's signature"""
TOPIC = "quarantine."
"""How the names of topics for decisions begin; what follows is the kind of shard, as quarantine.risk."""
CONFIRM_S = 2.0
"""So long a claim or a decision may take to be confirmed; it takes 10 ms."""
READ_BYTES_MAX = 1 << 20
EVENT_BYTES_MAX = 4096
WHY_CHARACTERS_MAX = 4096


def decisions_partition(shard: str) -> str:
    """risk/2 -> quarantine.risk/2."""
    return f"{TOPIC}{shard}"


def draw() -> bytes:
    return secrets.token_bytes(8)


@dataclass
class Amendment:
    """What is decided about one frame."""

    skips: list[int] = field(default_factory=list)
    """sequences of events that are quarantined"""
    instead: dict[int, bytes] = field(default_factory=dict)
    """by sequence the event that is applied in an event's place; empty: none"""
    before: list[FrameResent | LossAccepted] = field(default_factory=list)
    dropped: bool = False


Repair = FrameResent | LossAccepted | EventReplaced | FrameDropped

NAME_BYTES = 16


def name_of(decision: EventSkipped | Repair, after: bytes) -> bytes:
    """Names a decision and all that count before it; `after` names those."""
    return hashlib.sha256(after + encode(decision)).digest()[:NAME_BYTES]


class Decided:
    """All that is decided about a shard's input."""

    def __init__(self) -> None:
        self._by_position: dict[Position, Amendment] = {}
        self.skips: list[EventSkipped] = []
        """in the order in which they were taken"""
        self.repairs: list[Repair] = []
        self.newest = b""
        """names all that is decided; empty: nothing is"""
        self._all: list[EventSkipped | Repair] = []

    def at(self, position: Position) -> Amendment | None:
        """About the frame at that position; None: nothing."""
        return self._by_position.get(position) if self._by_position else None

    def skip(self, decision: EventSkipped) -> None:
        """The first decision about an event is the one."""
        amendment = self._by_position.setdefault(decision.position, Amendment())
        repaired = amendment.dropped or decision.sequence in amendment.instead
        if not repaired and decision.sequence not in amendment.skips:
            amendment.skips.append(decision.sequence)
            self.skips.append(decision)
            self._took(decision)

    def repair(self, decision: Repair) -> None:
        """Its operator must have known all that is decided: who has obeyed that may be past the place."""
        if decision.after == self.newest:
            self._obey(decision)

    def without(self, skip: EventSkipped) -> "Decided":
        """The same but for one skip."""
        other = Decided()
        for each in self._all:
            if not isinstance(each, EventSkipped):
                other._obey(each)
            elif each is not skip:
                other.skip(each)
        return other

    def _took(self, decision: EventSkipped | Repair) -> None:
        self._all.append(decision)
        self.newest = name_of(decision, self.newest)

    def _obey(self, decision: Repair) -> None:
        amendment = self._by_position.setdefault(decision.position, Amendment())
        self.repairs.append(decision)
        self._took(decision)
        if isinstance(decision, EventReplaced):
            amendment.instead[decision.sequence] = decision.instead
        elif isinstance(decision, FrameDropped):
            amendment.dropped = True
        else:
            amendment.before.append(decision)

    def skips_at(self, position: Position) -> frozenset[int]:
        """Sequences of the events that are quarantined in the frame at that position."""
        amendment = self.at(position)
        return frozenset() if amendment is None else frozenset(amendment.skips)

    def skips_event(self, position: Position, sequence: int) -> bool:
        return sequence in self.skips_at(position)

    def missed_by(self, machine: Machine) -> EventSkipped | None:
        """A decision about an event that this state has applied instead of skipping it."""
        skipped = machine.skipped
        for decision in self.skips:
            passed = machine.events_applied > decision.events_applied
            if passed and (decision.position, decision.sequence) not in skipped:
                return decision
        return None

    def never_taken(self, machine: Machine) -> tuple[Position, int] | None:
        """(position, sequence) of an event that this state has skipped and no decision tells of. Who skips
        has read the decision in the log: so the log has lost it.
        """
        for position, sequence in machine.skipped:
            if not self.skips_event(position, sequence):
                return position, sequence
        return None


class Decisions:
    """One process's view of the decisions of its shard. `draw`: a name for each claim, none twice."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        shard: str,
        now_us: Callable[[], int],
        draw: Callable[[], bytes] = draw,
    ) -> None:
        self.decided = Decided()
        """what counts, as far as this was read"""
        self._log = log
        self._identity = identity
        self._shard = shard
        self._partition = decisions_partition(shard)
        self._reader = log.reader(self._partition, shard)
        self._verifier = Verifier(
            identity.exchange_id, identity.genesis_id, self._partition, identity.mac_key
        )
        self._now_us = now_us
        self._draw = draw
        self._source: Source | None = None
        self._newest = b""
        """the claim that counts now"""
        self._claimed = b""
        """by this process; empty: not yet"""
        self._asked: tuple[Position, int] | None = None
        """the event of the decision that is in the log or on its way, and was not read back"""
        self._told = 0
        """the last of control's messages"""

    def read(self) -> Decided:
        """Take note of what has been added. TemporaryError: try again."""
        while records := self._reader.receive(READ_BYTES_MAX, 0.0):
            for _, data in records:
                self._note(data)
        return self.decided

    def prepare(self) -> None:
        """Go on with what a claim would otherwise wait for; never waits."""
        self._opened().prepare()

    def begin_claim(self) -> None:
        """Before the lease is taken; `claim` when it is.

        Who finds its claim the newest then has the lease from whoever claimed before: another that claims
        later takes it later too.
        """
        if not self._claimed:
            self._claimed = self._draw()
            self._send(PrimaryClaimed(self._claimed))
            with suppress(TemporaryError):  # it is told by `claim`
                self._push(0.0)

    def claim(self) -> None:
        """Be the one whose decisions count, and know all that were taken before.

        TemporaryError: begin again, and take the lease again.
        """
        self._confirm()
        if self._newest != self._claimed:  # another's stands behind it
            self._claimed = b""
            raise TemporaryError(f"another process has claimed {self._partition} at the same time")

    def decide(self, raised: MachineRaised, events_applied: int, why: str) -> bool:
        """Skip the event, if nobody has claimed since: whether that counts. TemporaryError: not known."""
        decision = EventSkipped(
            self._claimed,
            raised.position,
            raised.source,
            raised.sequence,
            events_applied,
            raised.subject,
            raised.event[:EVENT_BYTES_MAX],
            why[-WHY_CHARACTERS_MAX:],
            self._now_us(),
        )
        if self._asked != (raised.position, raised.sequence):
            self._send(decision)
            self._asked = raised.position, raised.sequence
        self._confirm()
        self._asked = None
        return self.decided.skips_event(raised.position, raised.sequence)

    def close(self) -> None:
        self._reader.close()
        if self._source is not None:
            self._source.close()

    def _send(self, message: PrimaryClaimed | EventSkipped) -> None:
        self._opened().send([encode(message)], self._now_us())

    def _opened(self) -> Source:
        if self._source is None:
            # A stream and a producer of its own: those of a process before may still be in use.
            name = f"{self._shard}/{self._draw().hex()}"
            sealer = MacSealer(self._identity.mac_key)
            self._source = Source(self._log, self._identity, name, self._partition, sealer, name)
        return self._source

    def _push(self, timeout_s: float) -> None:
        self._opened().poll(timeout_s)

    def _confirm(self) -> None:
        """Until what was sent is in the log, and then read it back."""
        self._push(CONFIRM_S)
        if self._opened().pending():
            raise TemporaryError(f"{self._partition}: the log has not confirmed yet what was sent")
        self.read()

    def _note(self, data: bytes) -> None:
        try:
            frame = self._verifier.check(data)
        except Unreadable:
            return  # whoever wrote it, no process of this exchange
        for sequence, event in enumerate(frame.events, frame.first):
            message = decode(event)
            if isinstance(message, PrimaryClaimed):
                self._newest = message.claimant
            elif isinstance(message, EventSkipped):
                if message.claimant == self._newest:
                    self.decided.skip(message)
            elif frame.source == CONTROL and sequence > self._told:
                self._told = sequence
                self.decided.repair(message)


def decided(log: Log, identity: Identity, shard: str) -> Decided:
    """What a replay of the shard has to know."""
    decisions = Decisions(log, identity, shard, now_us=lambda: 0)
    try:
        return decisions.read()
    finally:
        decisions.close()
