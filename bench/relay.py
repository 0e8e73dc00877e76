"""A bare relay: the same hops, partitions and processes, the same bytes; no machine, no check, no state.

It reads a batch as a shard does and appends to the same kind of log with the same durability. How many events
a frame has follows from how much is there when a shard looks, so two systems of different speed would write
different frames, and cost different amounts for that alone. So a relay is given the runtime's own cuts: it
sends a frame when it has the events that the runtime's frame had. Without cuts, or after them, it joins what
a batch brought, as a shard's publisher does (up to FRAME_BYTES_MAX).
"""

import threading
from collections import deque
from collections.abc import Sequence

from bench.frames import RELAY
from bulkhead.errors import TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Writer
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.shard import RECEIVE_BYTES_MAX
from bulkhead.wire.frame import FRAME_BYTES_MAX

WAIT_S = 0.5
Piece = tuple[int, bytes]
"""events, and their bytes"""


class Relay:
    """One hop, in a thread. `reports`: what a risk shard's participant reads; empty for a book."""

    def __init__(self, log_address: str, shard: str, book: str, reports: str, head: bytes) -> None:
        self._log = open_log(log_address)
        self._reader = self._log.reader(input_partition(shard), shard)
        self._shard = shard
        self._number = int(shard.split("/")[1])
        self._book = input_partition(book)
        self._reports = reports
        self._head = head
        """what stands between the first 64 bytes and the events of a shard's frame: as many bytes"""
        self._cuts: dict[str, deque[int]] = {}
        self._gathered: dict[str, deque[Piece]] = {}
        self._writers: dict[str, Writer] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"relay {shard}", daemon=True)
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
        while not self._stopping.is_set():
            for _, data in self._reader.receive(RECEIVE_BYTES_MAX, WAIT_S):
                from_participant, number, events, offset = RELAY.unpack_from(data)
                destination = self._destination(from_participant, number)
                self._gathered.setdefault(destination, deque()).append((events, data[offset:]))
            for destination, pieces in self._gathered.items():
                self._send(destination, pieces)
            for writer in self._writers.values():
                if writer.pending():
                    try:
                        writer.poll()
                    except TemporaryError:
                        continue  # it stays queued

    def _destination(self, from_participant: int, number: int) -> str:
        if not self._reports:
            return f"orders/{number}"
        return self._book if from_participant else self._reports

    def _send(self, destination: str, pieces: deque[Piece]) -> None:
        writer = self._writers.get(destination)
        if writer is None:
            writer = self._writers[destination] = self._log.writer(destination, self._shard)
        cuts = self._cuts.get(destination)
        while pieces:
            taken = _exactly(cuts[0], pieces) if cuts else _up_to_a_frame(pieces)
            if not taken:
                return
            if cuts:
                cuts.popleft()
            writer.send(self._frame(taken), 0)

    def _frame(self, pieces: Sequence[Piece]) -> bytes:
        events = sum(count for count, _ in pieces)
        begin = RELAY.pack(0, self._number, events, RELAY.size + len(self._head))
        return b"".join((begin, self._head, *(body for _, body in pieces)))


def _exactly(events: int, pieces: deque[Piece]) -> list[Piece]:
    """The first pieces, off the queue, that have so many events together; none while they are not all
    there.
    """
    found = 0
    for taken, (count, _) in enumerate(pieces, 1):
        found += count
        if found == events:
            return [pieces.popleft() for _ in range(taken)]
        if found > events:
            raise ValueError(f"a cut at {events} events goes through a piece that ends at {found}")
    return []


def _up_to_a_frame(pieces: deque[Piece]) -> list[Piece]:
    taken = [pieces.popleft()]
    size = len(taken[0][1])
    while pieces and size + len(pieces[0][1]) <= FRAME_BYTES_MAX:
        size += len(pieces[0][1])
        taken.append(pieces.popleft())
    return taken
