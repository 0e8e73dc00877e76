"""What a machine makes of recorded frames: step 2 of the loop (runtime/shard.py) without the rest of it."""

from collections.abc import Iterable, Iterator, Sequence

from bulkhead.domain.messages.quarantine import FrameResent
from bulkhead.domain.reasons import Reason
from bulkhead.log.port import Position, Record
from bulkhead.machines.interface import Machine, Output
from bulkhead.runtime.decisions import Amendment, Decided
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import AUTHENTICATION_BYTES, Unreadable, authenticated_bytes

CAREFUL = Amendment(skips=[0])
"""Sequences begin with 1: it skips nothing, and has the machine look at each event first."""


class Derivation:
    """Verifies each frame and applies it, or does what was decided about it instead."""

    def __init__(self, machine: Machine, verifier: Verifier, decided: Decided) -> None:
        self._machine = machine
        self._verifier = verifier
        self._decided = decided
        self.refused = 0
        """frames that could not be verified"""
        self.careful_at: Position | None = None

    def apply(self, record: Record) -> list[Output]:
        """What the machine says to it. FatalError: the partition cannot be what was sent. MachineRaised."""
        (outputs,) = self.apply_each([record])
        return outputs

    def apply_each(self, records: Sequence[Record]) -> Iterator[list[Output]]:
        """As `apply` to each, when its turn comes: who stops asking has applied no more. Whether all are
        authentic may be looked at together, before the first is applied: that depends on their bytes alone.
        """
        problems = self._verifier.look([frame for _, frame in records])
        for record, problem in zip(records, problems, strict=True):
            yield self._apply(record, problem)

    def _apply(self, record: Record, problem: Unreadable | None) -> list[Output]:
        position, frame = record
        amendment = self._decided.at(position)
        if position == self.careful_at:
            amendment = amendment or CAREFUL
        if amendment is not None:
            return self._apply_amended(record, problem, amendment)
        if problem is not None:
            return self._refuse(record, problem.reason)
        return self._machine.apply_frame(position, frame)

    def _apply_amended(
        self, record: Record, problem: Unreadable | None, amendment: Amendment
    ) -> list[Output]:
        position, frame = record
        said: list[Output] = []
        for lost in amendment.before:
            if isinstance(lost, FrameResent):
                said += self._machine.apply_frame(position, self._resent(lost))
            else:
                self._machine.accept_loss(lost.source, lost.last, lost.crc)
        if amendment.dropped:
            return said + self._refuse(record, Reason.FRAME_DROPPED)
        if problem is not None:
            return said + self._refuse(record, problem.reason)
        return said + self._machine.apply_frame(position, frame, amendment.skips, amendment.instead)

    def _refuse(self, record: Record, reason: Reason) -> list[Output]:
        self.refused += 1
        return self._machine.refuse_frame(record.position, record.frame, reason)

    def _resent(self, lost: FrameResent) -> bytes:
        """As its source would have sent it; its authentication has been the operator's."""
        return bytes(AUTHENTICATION_BYTES) + authenticated_bytes(
            self._verifier.exchange_id,
            self._verifier.genesis_id,
            lost.source,
            self._verifier.destination,
            lost.first,
            lost.crc,
            0,
            lost.events,
            lost.body,
        )


def derive(
    machine: Machine, verifier: Verifier, records: Iterable[Record], decided: Decided
) -> Iterator[tuple[Position, list[Output]]]:
    """Apply each frame, as its shard did; after each, its position and what the machine said.

    A frame is applied when its pair is asked for: who stops asking has the state at the last position.
    """
    derivation = Derivation(machine, verifier, decided)
    for record in records:
        yield record.position, derivation.apply(record)
