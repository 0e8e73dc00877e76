"""Outputs to frames, and frames to the log: one queue per destination, so that a stuck one blocks no
other.
"""

import time
from collections.abc import Callable, Iterable

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log, Writer
from bulkhead.machines.interface import Output
from bulkhead.runtime.identity import Identity
from bulkhead.wire.authentication import MacSealer, Pieces
from bulkhead.wire.frame import FRAME_BYTES_MAX, cut_body, frame_head

PREPARED_AT_ONCE = 8
"""of the hundreds of destinations that a risk shard may have: on Pulsar each takes a thread meanwhile"""


class Publisher:
    """Sends what one source says. `producer` names the process that sends, `now_us` annotates frames."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        source: str,
        producer: str,
        sealer: MacSealer,
        now_us: Callable[[], int],
    ) -> None:
        self._log = log
        self._identity = identity
        self._source = source
        self._producer = producer
        self._sealer = sealer
        self._now_us = now_us
        self._gathered: dict[str, list[Output]] = {}
        self._writers: dict[str, Writer] = {}
        self._prepared: set[str] = set()
        """destinations whose writers can send at once"""
        self._sent: dict[str, int] = {}
        """frames by destination"""
        self._waiting: dict[str, Writer] = {}
        """those with frames that the log has not confirmed: few of the hundreds that a risk shard may have"""
        self.frames_sent = 0
        self.events_sent = 0
        self.bytes_sent = 0

    def gather(self, outputs: Iterable[Output]) -> None:
        """Take outputs, in order; they become frames at the next publish."""
        for output in outputs:
            gathered = self._gathered.get(output.destination)
            if gathered is None:
                self._gathered[output.destination] = [output]
            else:
                gathered.append(output)

    def withdraw(self) -> dict[str, list[Output]]:
        """Give back what was gathered, by destination, instead of sending it."""
        gathered, self._gathered = self._gathered, {}
        return gathered

    def prepare(self, destinations: Iterable[str]) -> None:
        """Go on with opening a writer for each, some at a time, and never wait: of a process that may have to
        send to them at any moment.
        """
        opening = 0
        for destination in destinations:
            if destination in self._prepared:
                continue
            if self._writer(destination).prepare():
                self._prepared.add(destination)
            else:
                opening += 1
                if opening == PREPARED_AT_ONCE:
                    return

    def _writer(self, destination: str) -> Writer:
        writer = self._writers.get(destination)
        if writer is None:
            writer = self._writers[destination] = self._log.writer(destination, self._producer)
            self._sent[destination] = 0
        return writer

    def publish(self) -> None:
        """Queue one frame for each destination, several where they would be too long."""
        if not self._gathered:
            return
        to_seal: list[Pieces] = []
        whose: list[tuple[str, Writer, int, int]] = []
        for destination, outputs in self._gathered.items():
            writer = self._writer(destination)
            for first, count, crc, bodies in _cut(outputs):
                head = frame_head(
                    self._identity.exchange_id,
                    self._identity.genesis_id,
                    self._source,
                    destination,
                    first,
                    crc,
                    self._now_us(),
                    count,
                )
                to_seal.append((head, *bodies))
                whose.append((destination, writer, count, first + count - 1))
        for (destination, writer, count, last), frame in zip(
            whose, self._sealer.seal_all(to_seal), strict=True
        ):
            writer.send(frame, last)
            self._waiting[destination] = writer
            self._sent[destination] += 1
            self.frames_sent += 1
            self.events_sent += count
            self.bytes_sent += len(frame)
        self._gathered.clear()

    def confirm(self, timeout_s: float = 0.0) -> dict[str, TemporaryError]:
        """Push every queue, and wait up to `timeout_s` in all; what could not be pushed now, by destination.
        It stays queued.
        """
        problems: dict[str, TemporaryError] = {}
        if not self._waiting:
            return problems
        deadline = time.monotonic() + timeout_s
        for destination, writer in list(self._waiting.items()):
            try:
                writer.poll(max(deadline - time.monotonic(), 0.0) if timeout_s else 0.0)
            except TemporaryError as problem:
                problems[destination] = problem
            if not writer.pending():
                del self._waiting[destination]
        return problems

    def pending(self) -> int:
        """Frames that the log has not confirmed."""
        return sum(writer.pending() for writer in self._waiting.values())

    def sent(self) -> dict[str, int]:
        """How many frames have been sent to each destination."""
        return dict(self._sent)

    def has_confirmed(self, sent: dict[str, int]) -> bool:
        """Whether the log has all that had been sent when `sent` was asked for."""
        waiting = self._waiting
        return all(
            self._sent[destination] - waiting[destination].pending() >= count
            for destination, count in sent.items()
            if destination in waiting
        )

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _cut(outputs: list[Output]) -> Iterable[tuple[int, int, int, list[bytes]]]:
    """(first, count, crc, bodies) of each frame; the cut carries no meaning, so it follows load."""
    if len(outputs) == 1 and len(outputs[0].body) <= FRAME_BYTES_MAX:
        output = outputs[0]
        yield output.first, output.events, output.crc, [output.body]
        return
    bodies: list[bytes] = []
    first = count = crc = size = 0
    for output in outputs:
        for piece_first, piece_count, piece_crc, body in _pieces(output):
            if bodies and size + len(body) > FRAME_BYTES_MAX:
                yield first, count, crc, bodies
                bodies = []
            if not bodies:
                first, count, crc, size = piece_first, 0, piece_crc, 0
            bodies.append(body)
            count += piece_count
            size += len(body)
    yield first, count, crc, bodies


def _pieces(output: Output) -> Iterable[tuple[int, int, int, bytes]]:
    """An output that one input made too long for a frame, in halves until each fits."""
    if len(output.body) <= FRAME_BYTES_MAX or output.events == 1:
        yield output.first, output.events, output.crc, output.body
        return
    middle = output.events // 2
    end, crc = cut_body(output.body, output.events, middle, output.crc)
    yield from _pieces(output._replace(events=middle, body=output.body[:end]))
    rest = output.events - middle
    yield from _pieces(
        output._replace(first=output.first + middle, events=rest, crc=crc, body=output.body[end:])
    )
