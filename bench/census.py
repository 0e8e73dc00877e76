"""The frames that stand in a log after a run, hop by hop: what was really written, not what was meant."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.frames import RELAY, is_relayed
from bench.lanes import Report
from bulkhead.log.port import Log
from bulkhead.wire.frame import read_frame

READ_BYTES = 4 * 1024 * 1024
TO_RISK, TO_BOOK, BACK, COPIES, REPORTS = HOPS = (
    "participant -> orders",
    "risk -> books",
    "book -> orders",
    "book -> market_data, settlement",
    "risk -> reports",
)
DIFFERENCE_MAX = 0.10
"""A pair of runtime and relay that differ by more than this in a hop's frames does not count."""


class Hop(NamedTuple):
    frames: int = 0
    events: int = 0
    bytes: int = 0

    @property
    def events_per_frame(self) -> float:
        return self.events / self.frames if self.frames else 0.0


@dataclass
class Census:
    """Of all partitions on the way."""

    hops: dict[str, Hop] = field(default_factory=lambda: dict.fromkeys(HOPS, Hop()))
    cuts: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    """events of each frame in order, by the shard that wrote it and the partition"""


class Seen(NamedTuple):
    """What a frame's header says."""

    source: str
    """the shard that wrote it; empty where a participant did"""
    events: int


def look_at_frame(data: bytes) -> Seen:
    frame = read_frame(data)
    return Seen("" if frame.signer is not None else frame.source, len(frame.events))


def look_at_relayed(data: bytes) -> Seen:
    from_participant, number, events, _ = RELAY.unpack_from(data)
    return Seen("" if from_participant else f"relay/{number}", events)


def look_at_signed(data: bytes) -> Seen:
    """Of a relay that verifies: participants' frames are the signed ones."""
    return look_at_relayed(data) if is_relayed(data) else look_at_frame(data)


class FramesWritten:
    """Reads partitions beside those who work on them. Of reports the lanes have every frame already."""

    def __init__(self, log: Log, partitions: Sequence[str], look: Callable[[bytes], Seen]) -> None:
        self._readers = {partition: log.reader(partition, "bench") for partition in partitions}
        self._look = look

    def since_last(self, reports: Iterable[Report] = ()) -> Census:
        """These reports, and all frames that were written to the partitions since this was asked last."""
        found = Census()
        for partition, data in reports:
            self._count(partition, data, found)
        for partition, reader in self._readers.items():
            while records := reader.receive(READ_BYTES, 0.0):
                for _, data in records:
                    self._count(partition, data, found)
        return found

    def _count(self, partition: str, data: bytes, found: Census) -> None:
        source, events = self._look(data)
        hop = _hop(partition, source)
        before = found.hops[hop]
        found.hops[hop] = Hop(before.frames + 1, before.events + events, before.bytes + len(data))
        if source:
            found.cuts.setdefault(source, {}).setdefault(partition, []).append(events)


def _hop(partition: str, source: str) -> str:
    if partition.startswith("orders/"):
        return BACK if source else TO_RISK
    if partition.startswith(("market_data/", "settlement/")):
        return COPIES
    return TO_BOOK if partition.startswith("books/") else REPORTS


def together(some: Iterable[Census]) -> dict[str, Hop]:
    """The sums."""
    found = dict.fromkeys(HOPS, Hop())
    for census in some:
        for name, hop in census.hops.items():
            found[name] = Hop(*(a + b for a, b in zip(found[name], hop, strict=True)))
    return found


def difference(runtime: dict[str, Hop], relay: dict[str, Hop]) -> float:
    """The largest relative difference between the two in frames, bytes, or events per frame of any hop."""
    found = 0.0
    for hop in HOPS:
        one, other = runtime[hop], relay[hop]
        for ours, theirs in zip(
            (one.frames, one.bytes, one.events_per_frame),
            (other.frames, other.bytes, other.events_per_frame),
            strict=True,
        ):
            found = max(found, abs(ours - theirs) / max(theirs, 1e-9))
    return found
