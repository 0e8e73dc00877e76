"""What a shard had said to another, derived again from its own partition."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_reference
from bulkhead.machines.interface import Machine
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.derivation import derive
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.published import last_published
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import advance_crc, join_events, split_body

READ_BYTES_MAX = 1 << 20
BODY_BYTES_MAX = 32 * 1024
"""Of one piece: it goes to control as an operator's decision, in a frame of its own."""


class Lost(NamedTuple):
    """Events of a stream that a partition does not hold any more."""

    source: str
    first: int
    last: int


class Piece(NamedTuple):
    """Consecutive events of a stream."""

    first: int
    crc: int
    """the stream's running CRC-32 before them"""
    events: list[bytes]

    @property
    def last(self) -> int:
        return self.first + len(self.events) - 1

    @property
    def crc_after(self) -> int:
        return advance_crc(self.crc, self.events)

    @property
    def body(self) -> bytes:
        return join_events(self.events)


def silently_lost(
    log: Log,
    identity: Identity,
    snapshots: SnapshotStore,
    sources: Iterable[str],
    destination: str,
    taken: Mapping[str, int],
    make: Callable[[str], Machine] = make_reference,
) -> list[Lost]:
    """What was lost at the end of a partition, where no later frame of the same source has told so yet.

    `taken`: last sequence by source that its shard has taken where it is now (examine.bring_up). It may be
    further than the partition tells: by what an operator gave to the shard again, or up. A source's snapshot
    has said nothing that the log had not confirmed.
    """
    lost = []
    for source in sources:
        snapshot = snapshots.newest(source)
        if snapshot is None:
            continue  # it begins at its first input, and says everything again by itself
        machine = make(source)
        machine.restore(snapshot.payload)
        said, _ = machine.streams().outputs.get(destination, (0, ""))
        if said:
            there = max(last_published(log, identity, source, destination), taken.get(source, 0))
            if there < said:
                lost.append(Lost(source, there + 1, said))
    return lost


def said_again(
    log: Log,
    identity: Identity,
    snapshots: SnapshotStore,
    lost: Lost,
    destination: str,
    make: Callable[[str], Machine] = make_reference,
) -> list[Piece]:
    """Events of the stream (source, destination), from the source's newest snapshot that is older than they
    are, and its partition.

    FatalError: the source's partition does not give them, or `source` is no shard.
    """
    source, first, last = lost
    machine, partition = _before(snapshots, source, destination, first, make), input_partition(source)
    reader = log.reader(partition, f"resend/{source}")
    verifier = Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)
    known = decided(log, identity, source)
    found: list[bytes] = []
    wanted, crc = last - first + 1, 0
    try:
        reader.seek(machine.position)
        while len(found) < wanted and (records := reader.receive(READ_BYTES_MAX, 0.0)):
            for _, outputs in derive(machine.machine, verifier, records, known):
                for output in outputs:
                    if output.destination != destination or output.first + output.events <= first:
                        continue
                    events = split_body(output.body, output.events)
                    skipped = max(first - output.first, 0)
                    if not found:
                        crc = advance_crc(output.crc, events[:skipped])
                    found += events[skipped:]
                if len(found) >= wanted:
                    break  # no further: its source may stand before a hole itself
    finally:
        reader.close()
    if len(found) < wanted:
        raise FatalError(
            f"of the {wanted} events that {destination} has lost {source} says {len(found)} again:"
            f" its own partition, {partition}, has lost its end too. `bulkhead repair skip` accepts the loss"
        )
    return list(_cut(first, crc, found[:wanted]))


class _Begun(NamedTuple):
    machine: Machine
    position: bytes | None


def _before(
    snapshots: SnapshotStore, source: str, destination: str, first: int, make: Callable[[str], Machine]
) -> _Begun:
    """The source's machine, in its newest kept state in which it had not said event `first` yet."""
    before: int | None = None
    while (snapshot := snapshots.newest(source, before)) is not None:
        machine = make(source)
        machine.restore(snapshot.payload)
        said, _ = machine.streams().outputs.get(destination, (0, ""))
        if said < first:
            return _Begun(machine, snapshot.position)
        before = snapshot.inputs
    return _Begun(make(source), None)


def _cut(first: int, crc: int, events: list[bytes]) -> Iterator[Piece]:
    rest = iter(events)
    while taken := list(islice(rest, 1)):
        size = len(taken[0])
        for event in rest:
            taken.append(event)
            size += len(event) + 5
            if size > BODY_BYTES_MAX:
                break
        yield Piece(first, crc, taken)
        crc = advance_crc(crc, taken)
        first += len(taken)
