"""The ways on from where a shard stands, each as the decisions that an operator signs."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bulkhead.domain.messages.quarantine import EventReplaced, FrameDropped, FrameResent, LossAccepted
from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import EventImpossible, Machine, MachineRaised, StreamBroken
from bulkhead.repair.examine import Standing, bring_up
from bulkhead.repair.resend import Lost, Piece, said_again, silently_lost
from bulkhead.runtime.decisions import name_of
from bulkhead.runtime.identity import Identity
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.wire.codec import describe
from bulkhead.wire.frame import read_frame

COST_CHARACTERS_MAX = 4096


class Sources(NamedTuple):
    """What is read to find a way, and nothing of it is changed. `make`: a machine in its first state."""

    log: Log
    identity: Identity
    snapshots: SnapshotStore
    make: Callable[[str], Machine] = make_reference


class Found(NamedTuple):
    """How it is with a shard."""

    standing: Standing | None
    """None: it can go on to the end of its partition"""
    lost: list[Lost]
    """what its partition has lost, and no later frame tells of yet"""
    taken: Mapping[str, int]
    """by source, what it has taken where it stands, or at the end"""

    @property
    def here(self) -> list[Lost]:
        """What can be given to it where it stands: of the rest its streams have something else to say first.
        What it stands before comes last: when it has read that it goes on, and nothing is left to say.
        """
        assert self.standing is not None  # its ways
        broken = self.standing.problem
        assert isinstance(broken, StreamBroken)
        next_ones = [each for each in self.lost if each.first == self.taken.get(each.source, 0) + 1]
        return [*next_ones, Lost(broken.source, broken.last + 1, broken.first - 1)]


def look(sources: Sources, shard: str, speaking: Iterable[str]) -> Found:
    """`speaking`: all shards that may have sent it something. TemporaryError: it can't be told now."""
    log, identity, snapshots, make = sources
    machine = make(shard)
    standing = bring_up(log, identity, snapshots, shard, machine)
    taken = machine.streams().inputs
    lost = silently_lost(log, identity, snapshots, speaking, input_partition(shard), taken, make)
    return Found(standing, lost, taken)


def again(sources: Sources, shard: str, lost: Lost) -> list[Piece]:
    """What a shard has lost of a stream. FatalError: its source can't say it again."""
    log, identity, snapshots, make = sources
    return said_again(log, identity, snapshots, lost, input_partition(shard), make)


def resend(sources: Sources, found: Found, reason: str) -> list[FrameResent]:
    """For a shard that stands before a hole: all that is lost `here`. FatalError: it can't be said again, or
    is not what fits.
    """
    standing = found.standing
    assert standing is not None  # its ways
    broken = standing.problem
    assert isinstance(broken, StreamBroken)
    pieces = [(each.source, piece) for each in found.here for piece in again(sources, standing.shard, each)]
    if pieces[-1][1].crc_after != broken.crc:
        raise FatalError(
            f"{broken.source} says other events again than those that were lost: its partition, or its"
            f" version, is another one"
        )
    after, decisions = standing.after, []
    for source, piece in pieces:
        decision = FrameResent(
            *(standing.shard, standing.position, source, piece.first, piece.crc),
            *(len(piece.events), piece.body, reason, after),
        )
        decisions.append(decision)
        after = name_of(decision, after)
    return decisions


def skip(standing: Standing, reason: str) -> LossAccepted | EventReplaced:
    """Go on behind lost events, or behind one that can't be applied."""
    problem = standing.problem
    if isinstance(problem, StreamBroken):
        cost = _lost(problem, standing.shard)
        return LossAccepted(
            *(standing.shard, standing.position, problem.source, problem.first - 1, problem.crc),
            *(cost, reason, standing.after),
        )
    assert isinstance(problem, EventImpossible | MachineRaised)  # its ways
    cost = f"event {problem.sequence} from {problem.source} is not applied: {describe(problem.event)}"
    return _replaced(standing, problem, b"", cost, reason)


def substitute(standing: Standing, instead: bytes, reason: str) -> EventReplaced:
    """Have another event applied in the place of one that can't be."""
    problem = standing.problem
    assert isinstance(problem, EventImpossible | MachineRaised)  # its ways
    cost = f"instead of {describe(problem.event)}: {describe(instead)}"
    return _replaced(standing, problem, instead, cost, reason)


def drop(standing: Standing, reason: str) -> FrameDropped:
    """Make a dead letter of the frame."""
    frame = read_frame(standing.frame)
    cost = f"{len(frame.events)} events from {frame.source}, {frame.first} to {frame.last}, are a dead letter"
    return FrameDropped(standing.shard, standing.position, cost, reason, standing.after)


def _replaced(
    standing: Standing, problem: EventImpossible | MachineRaised, instead: bytes, cost: str, reason: str
) -> EventReplaced:
    return EventReplaced(
        *(standing.shard, standing.position, problem.source, problem.sequence, instead),
        *(cost[:COST_CHARACTERS_MAX], reason, standing.after),
    )


def _lost(broken: StreamBroken, shard: str) -> str:
    count = broken.first - 1 - broken.last
    if count == 0:
        return f"{shard} has another history of {broken.source} up to event {broken.last} than it tells now"
    return (
        f"{count} events from {broken.source} to {shard}, {broken.last + 1} to {broken.first - 1}, are lost"
    )
