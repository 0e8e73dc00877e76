"""A bare relay: the same hops, partitions and processes, the same bytes; no machine, no check, no state.

It reads a batch as a shard does and appends to the same kind of log with the same durability. How many events
a frame has follows from how much is there when a shard looks, so two systems of different speed would write
different frames, and cost different amounts for that alone. So a relay is given the runtime's own cuts: it
sends a frame when it has as many events as the runtime's frame had. Without cuts, or after them, it joins
what a batch brought, as a shard's publisher does (up to FRAME_BYTES_MAX).
"""

import threading
import traceback
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.frames import RELAY, is_relayed
from bulkhead.errors import TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Writer
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.shard import RECEIVE_BYTES_MAX
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import FRAME_BYTES_MAX, join_events

PATIENCE_S = 0.2
"""Participants may come in another order than they came to the runtime, so what is here may not add up to the
next cut, and all may wait for it. After so long without input it is sent as it is.
"""


class Piece(NamedTuple):
    """Events that came in one frame from one participant, or, at a book, in one frame from a shard."""

    events: int
    body: bytes


@dataclass
class Gathered:
    """What is to go to one destination, in order."""

    pieces: deque[Piece] = field(default_factory=deque)
    events: int = 0
    """of all pieces"""

    def add(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.events += piece.events

    def at_least(self, events: int, divisible: bool) -> list[Piece]:
        """The first pieces that have so many events together; none while they are not all there. A divisible
        one is divided where it would be too many.
        """
        if self.events < events:
            return []
        taken: list[Piece] = []
        left = events
        while left > 0:
            taken.append(self.pieces.popleft())
            left -= taken[-1].events
        if left and divisible:
            last = taken.pop()
            at = len(last.body) * (last.events + left) // last.events
            taken.append(Piece(last.events + left, last.body[:at]))
            self.pieces.appendleft(Piece(-left, last.body[at:]))
            left = 0
        self.events -= events - left
        return taken

    def up_to_a_frame(self) -> list[Piece]:
        """The first pieces, as many as fit into a frame, but at least one."""
        taken = [self.pieces.popleft()]
        size = len(taken[0].body)
        while self.pieces and size + len(self.pieces[0].body) <= FRAME_BYTES_MAX:
            taken.append(self.pieces.popleft())
            size += len(taken[-1].body)
        self.events -= sum(piece.events for piece in taken)
        return taken


@dataclass(frozen=True)
class Hop:
    """One relay's place."""

    log_address: str
    shard: str
    book: str
    reports: Mapping[int, str]
    """of a risk shard: by participant's number; empty for a book"""
    copies: Sequence[str]
    """of a book: partitions that get everything too"""
    head: bytes
    """what stands between the first 64 bytes and the events of a shard's frame: as many bytes"""
    identity: Identity | None = None
    """given: signatures are verified, and participants' frames are as they were signed"""
    numbers: Mapping[bytes, int] = field(default_factory=dict)
    """participants' numbers by public key"""


class Relay:
    """One hop, in a thread."""

    def __init__(self, hop: Hop) -> None:
        self._hop = hop
        self._log = open_log(hop.log_address)
        self._reader = self._log.reader(input_partition(hop.shard), hop.shard)
        self._verifier = None if hop.identity is None else _verifier(hop.identity, hop.shard)
        self._number = int(hop.shard.split("/")[1])
        self._book = input_partition(hop.book)
        self._cuts: dict[str, deque[int]] = {}
        self._gathered: dict[str, Gathered] = {}
        self._forwarded: deque[tuple[int, int, int]] = deque()
        """(participant, events, bytes) in the order in which they went to the book, which is that of their
        return"""
        self._writers: dict[str, Writer] = {}
        self._waiting: set[Writer] = set()
        """those with frames that the log has not confirmed"""
        self._sent: dict[str, int] = {}
        """events, by destination"""
        self.shard = hop.shard
        self.problem = ""
        """why it has ended"""
        self.impatient = 0
        """frames that were sent without waiting for their cut any longer"""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"relay {hop.shard}", daemon=True)
        self._thread.start()

    def follow(self, cuts: dict[str, list[int]]) -> None:
        """By destination the events of each frame to write. Only while nothing is on its way."""
        self._cuts = {destination: deque(events) for destination, events in cuts.items()}

    def stop(self) -> None:
        self._stopping.set()
        self._reader.interrupt()
        self._thread.join()
        self._log.close()

    def _run(self) -> None:
        try:
            self._loop()
        except Exception:  # noqa: BLE001  # told by whoever waits for it in vain
            self.problem = traceback.format_exc()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                records = self._reader.receive(RECEIVE_BYTES_MAX, PATIENCE_S)
            except TemporaryError:
                continue
            for _, data in records:
                self._take(data)
            for destination, gathered in list(self._gathered.items()):
                self._send(destination, gathered, patient=bool(records))
                if not gathered.pieces:
                    del self._gathered[destination]
            self._push()

    def _push(self) -> None:
        for writer in list(self._waiting):
            try:
                writer.poll()
            except TemporaryError:
                continue  # it stays queued
            if not writer.pending():
                self._waiting.remove(writer)

    def _take(self, data: bytes) -> None:
        from_participant, number, events, offset = self._look(data)
        if from_participant:
            body = data[offset:]
            self._forwarded.append((number, events, len(body)))
            self._gather(self._book, Piece(events, body))
        elif self._hop.reports:
            self._return(data, events, offset)
        else:
            piece = Piece(events, data[offset:])
            for destination in (f"orders/{number}", *self._hop.copies):
                self._gather(destination, piece)

    def _look(self, data: bytes) -> tuple[int, int, int, int]:
        """Whether a participant wrote it, whose number, how many events, where they begin."""
        if self._verifier is None or is_relayed(data):
            return RELAY.unpack_from(data)
        frame = self._verifier.check(data)
        assert frame.signer is not None
        number = self._hop.numbers[frame.signer[0]]
        return 1, number, len(frame.events), len(data) - len(join_events(frame.events))

    def _return(self, data: bytes, events: int, offset: int) -> None:
        """What came back from the book, to those whose it is. A frame never ends within a piece."""
        while events:
            number, count, size = self._forwarded.popleft()
            self._gather(self._hop.reports[number], Piece(count, data[offset : offset + size]))
            events -= count
            offset += size

    def _gather(self, destination: str, piece: Piece) -> None:
        gathered = self._gathered.get(destination)
        if gathered is None:
            gathered = self._gathered[destination] = Gathered()
        gathered.add(piece)

    def _send(self, destination: str, gathered: Gathered, patient: bool) -> None:
        writer = self._writers.get(destination)
        if writer is None:
            writer = self._writers[destination] = self._log.writer(destination, self._hop.shard)
        cuts = self._cuts.get(destination)
        # Two shards' events may come in another order than they came to the runtime, so its cuts may go
        # through pieces. Nobody reads copies, so there it makes no difference where in its bytes one ends.
        divisible = destination in self._hop.copies
        while gathered.pieces:
            taken = gathered.at_least(cuts[0], divisible) if cuts else gathered.up_to_a_frame()
            if not taken and patient:
                return
            if not taken:
                taken = gathered.up_to_a_frame()
                self.impatient += 1
            events = sum(piece.events for piece in taken)
            if cuts:
                _move(cuts, events)
            self._sent[destination] = self._sent.get(destination, 0) + events
            writer.send(self._frame(events, taken), self._sent[destination])
            self._waiting.add(writer)

    def _frame(self, events: int, pieces: Sequence[Piece]) -> bytes:
        head = self._hop.head
        begin = RELAY.pack(0, self._number, events, RELAY.size + len(head))
        return b"".join((begin, head, *(body for _, body in pieces)))


def _verifier(identity: Identity, shard: str) -> Verifier:
    return Verifier(identity.exchange_id, identity.genesis_id, input_partition(shard), identity.mac_key)


def _move(cuts: deque[int], events: int) -> None:
    """A frame of so many events was written: the next one is so much shorter as it was too long, or the rest
    of this one follows.
    """
    cuts[0] -= events
    while cuts and cuts[0] <= 0:
        over = cuts.popleft()
        if cuts:
            cuts[0] += over
