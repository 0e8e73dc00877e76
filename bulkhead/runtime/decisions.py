"""One shard's log of decisions: who claimed to be the one that sends, and which events nobody is to apply.

tests/model/quarantine.py is where its rules come from. A decision counts if its writer's claim is the newest
before it. So whoever claims, and then reads, has seen every decision that it must honour; what the one before
still writes counts for nothing.
"""

import secrets
from collections.abc import Callable, Collection, Iterator

from bulkhead.domain.messages.quarantine import EventSkipped, PrimaryClaimed
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log, Position
from bulkhead.machines.interface import Machine, MachineRaised
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer, Verifier
from bulkhead.wire.codec import decode, encode
from bulkhead.wire.frame import Unreadable

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


class Skips:
    """Which events a shard skips."""

    def __init__(self) -> None:
        self._by_position: dict[Position, list[int]] = {}
        self.decisions: list[EventSkipped] = []
        """in the order in which they were taken"""

    def at(self, position: Position) -> Collection[int]:
        """Sequences of events in the frame at that position."""
        return self._by_position.get(position, ()) if self._by_position else ()

    def add(self, decision: EventSkipped) -> None:
        """The first decision about an event is the one."""
        sequences = self._by_position.setdefault(decision.position, [])
        if decision.sequence not in sequences:
            sequences.append(decision.sequence)
            self.decisions.append(decision)

    def missed_by(self, machine: Machine) -> EventSkipped | None:
        """A decision about an event that this state has applied instead of skipping it."""
        skipped = machine.skipped
        for decision in self.decisions:
            passed = machine.events_applied > decision.events_applied
            if passed and (decision.position, decision.sequence) not in skipped:
                return decision
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
        self.skips = Skips()
        """those that count, as far as this was read"""
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

    def read(self) -> Skips:
        """Take note of what has been added. TemporaryError: try again."""
        while records := self._reader.receive(READ_BYTES_MAX, 0.0):
            for _, data in records:
                self._note(data)
        return self.skips

    def claim(self) -> None:
        """Be the one whose decisions count, and know all that were taken before. TemporaryError: again."""
        if not self._claimed:
            self._claimed = self._draw()
            self._send(PrimaryClaimed(self._claimed))
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
        self._send(decision)
        self._confirm()
        return raised.sequence in self.skips.at(raised.position)

    def close(self) -> None:
        self._reader.close()
        if self._source is not None:
            self._source.close()

    def _send(self, message: PrimaryClaimed | EventSkipped) -> None:
        if self._source is None:
            # A stream and a producer of its own: those of a process before may still be in use.
            name = f"{self._shard}/{self._claimed.hex()}"
            sealer = MacSealer(self._identity.mac_key)
            self._source = Source(self._log, self._identity, name, self._partition, sealer, name)
        self._source.send([encode(message)], self._now_us())

    def _confirm(self) -> None:
        """Until what was sent is in the log, and then read it back."""
        assert self._source is not None
        self._source.poll(CONFIRM_S)
        if self._source.pending():
            raise TemporaryError(f"{self._partition}: the log has not confirmed yet what was sent")
        self.read()

    def _note(self, data: bytes) -> None:
        for message in messages(self._verifier, data):
            if isinstance(message, PrimaryClaimed):
                self._newest = message.claimant
            elif isinstance(message, EventSkipped) and message.claimant == self._newest:
                self.skips.add(message)


def decided(log: Log, identity: Identity, shard: str) -> Skips:
    """What a replay of the shard has to skip."""
    decisions = Decisions(log, identity, shard, now_us=lambda: 0)
    try:
        return decisions.read()
    finally:
        decisions.close()


def messages(verifier: Verifier, data: bytes) -> Iterator[object]:
    try:
        frame = verifier.check(data)
    except Unreadable:
        return  # whoever wrote it, no process of this exchange
    yield from map(decode, frame.events)
