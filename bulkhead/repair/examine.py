"""Where a shard can't go on: its newest snapshot and its partition, derived as the shard does it."""

from collections.abc import Callable
from typing import NamedTuple

from bulkhead.errors import FatalError
from bulkhead.log.port import Log, Position, Record
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import EventImpossible, Machine, MachineRaised, StreamBroken
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.derivation import Derivation
from bulkhead.runtime.identity import Identity
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.wire.authentication import Verifier

READ_BYTES_MAX = 1 << 20

Problem = StreamBroken | EventImpossible | MachineRaised | FatalError


class Standing(NamedTuple):
    """A shard that can't go on."""

    shard: str
    position: Position
    """of the frame that it does not pass; empty where it could not even begin to read"""
    frame: bytes
    problem: Problem
    after: bytes = b""
    """names all that was decided about the shard when this was found"""

    @property
    def ways(self) -> list[str]:
        """The commands of `bulkhead repair` that can help."""
        if isinstance(self.problem, StreamBroken):
            gap = self.problem.first > self.problem.last + 1
            return ["resend", "skip", "drop"] if gap else ["skip", "drop"]
        if isinstance(self.problem, EventImpossible | MachineRaised):
            return ["skip", "substitute", "drop"]
        return []


def examine(
    log: Log,
    identity: Identity,
    snapshots: SnapshotStore,
    shard: str,
    make: Callable[[str], Machine] = make_reference,
) -> Standing | None:
    """Derive the shard from its newest snapshot up to the end of its partition; None: nothing stops it.

    TemporaryError: the log or the store can't be read now.
    """
    return bring_up(log, identity, snapshots, shard, make(shard))


def bring_up(
    log: Log, identity: Identity, snapshots: SnapshotStore, shard: str, machine: Machine
) -> Standing | None:
    """The same, with the shard's machine in its first state, which is then where the shard will be."""
    partition = input_partition(shard)
    reader = log.reader(partition, f"examine/{shard}")
    try:
        snapshot = snapshots.newest(shard)
        reader.seek(None if snapshot is None else snapshot.position)
        if snapshot is not None:
            machine.restore(snapshot.payload)
        verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
        known = decided(log, identity, shard)
        derivation = Derivation(machine, verifier, known)
        while records := reader.receive(READ_BYTES_MAX, 0.0):
            for record in records:
                standing = _apply(derivation, shard, record)
                if standing is not None:
                    return standing._replace(after=known.newest)
    except FatalError as problem:
        return Standing(shard, b"", b"", problem)
    finally:
        reader.close()
    return None


def _apply(derivation: Derivation, shard: str, record: Record) -> Standing | None:
    try:
        derivation.apply(record)
    except (FatalError, MachineRaised) as problem:
        return Standing(shard, record.position, record.frame, problem)
    return None
