"""Sending prepared frames and counting what comes back, in lanes: a thread each, of one participant or many.

`saturate` is a closed loop: each lane keeps so many events unanswered, and no more. `pace` is an open one:
every frame has its moment, and its latency counts from that moment also when it was sent late, so a stall
shows in all the orders that it made wait (no coordinated omission).
"""

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

from bench.answers import Answers
from bench.frames import Prepared
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Reader, Writer

RECEIVE_BYTES_MAX = 256 * 1024
WAIT_S = 0.2
STALL_S = 30.0
"""No answer for so long: something is broken, and a number would be wrong."""


class Stalled(Exception):
    """Nothing came back any more; the text says how far it went."""


class Report(NamedTuple):
    """A frame that a participant was sent."""

    partition: str
    frame: bytes


class Inbox(Protocol):
    """Where the reports of a lane's participants come in."""

    def receive(self, timeout_s: float) -> Sequence[Report]:
        """What is there; waits up to `timeout_s` for the first frame."""
        ...


class OneInbox:
    """Of a lane of one participant."""

    def __init__(self, partition: str, reader: Reader) -> None:
        self._partition = partition
        self._reader = reader

    def receive(self, timeout_s: float) -> Sequence[Report]:
        try:
            records = self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)
        except TemporaryError:  # a first connection may take long: Stalled comes when it takes too long
            return []
        return [Report(self._partition, data) for _, data in records]


class Lane:
    """`writers` by the partition that a frame goes to, `answers` by the one that its answers come from."""

    def __init__(
        self, name: str, writers: Mapping[str, Writer], inbox: Inbox, answers: Mapping[str, Answers]
    ) -> None:
        self.name = name
        self.answers = answers
        self.arrived: list[Report] = []
        """at full load; whoever counts them clears it"""
        self._inbox = inbox
        self._writers = writers
        self._numbers = itertools.count(1)

    def send(self, frame: Prepared) -> None:
        # Participants share a writer, so the log is given numbers that only grow, and not their own: of
        # orders it removes no repetitions.
        writer = self._writers[frame.sender.orders]
        writer.send(frame.data, next(self._numbers))
        writer.poll()

    def receive(self) -> Sequence[Report]:
        return self._inbox.receive(WAIT_S)

    def push(self) -> None:
        """Hand over what the log has not taken yet: a first frame may wait for its connection."""
        for writer in self._writers.values():
            if writer.pending():
                writer.poll()

    def flush(self) -> None:
        """Wait until the log has confirmed all that was sent."""
        for writer in self._writers.values():
            while writer.pending():
                writer.poll(WAIT_S)


class _Patience:
    """Stalled when nothing has come for too long."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._heard_at = time.monotonic()

    def heard(self, reports: Sequence[Report], missing: int) -> None:
        if reports:
            self._heard_at = time.monotonic()
        elif time.monotonic() - self._heard_at > STALL_S:
            raise Stalled(f"{self._lane.name}: {missing} commands sent were not answered in {STALL_S:g} s")


def saturate(lanes: Sequence[Lane], frames: Sequence[Sequence[Prepared]], window: int) -> float:
    """Send every lane's frames with at most `window` events unanswered in each; seconds until the last
    answer.
    """
    start = threading.Barrier(len(lanes) + 1)

    def run(lane: Lane, queue: Sequence[Prepared]) -> None:
        start.wait()
        _drive(lane, queue, window)

    with ThreadPoolExecutor(len(lanes)) as pool:
        runs = [pool.submit(run, lane, queue) for lane, queue in zip(lanes, frames, strict=True)]
        start.wait()
        begun = time.perf_counter()
        _join(runs)
        return time.perf_counter() - begun


def _drive(lane: Lane, frames: Sequence[Prepared], window: int) -> None:
    total = sum(frame.events for frame in frames)
    sent = answered = at = 0
    patience = _Patience(lane)
    while answered < total:
        while at < len(frames) and sent - answered + frames[at].events <= window:
            lane.send(frames[at])
            sent += frames[at].events
            at += 1
        lane.push()
        reports = lane.receive()
        for partition, data in reports:
            answered += lane.answers[partition].count(data)
        lane.arrived += reports
        patience.heard(reports, sent - answered)


def pace(lanes: Sequence[Lane], frames: Sequence[Sequence[Prepared]], per_s: int) -> list[int]:
    """Send so many events a second, the lanes in turn, frames of one size; each event's latency in
    microseconds.
    """
    moments = [
        {
            (frame.sender.reports, frame.last - back): turn * len(lanes) + index
            for turn, frame in enumerate(queue)
            for back in range(frame.events)
        }
        for index, queue in enumerate(frames)
    ]
    latencies: list[list[int]] = [[] for _ in lanes]
    begin_ns = time.perf_counter_ns() + 50_000_000
    interval_ns = 1_000_000_000 * frames[0][0].events // per_s

    def listen(index: int) -> None:
        lane, due, found = lanes[index], moments[index], latencies[index]
        patience = _Patience(lane)
        while due:
            reports = lane.receive()
            now_ns = time.perf_counter_ns()
            for partition, data in reports:
                for sequence in lane.answers[partition].which(data):
                    found.append((now_ns - begin_ns - due.pop((partition, sequence)) * interval_ns) // 1000)
            patience.heard(reports, len(due))

    with ThreadPoolExecutor(len(lanes)) as pool:
        runs = [pool.submit(listen, index) for index in range(len(lanes))]
        for turn in range(max(map(len, frames))):
            for index, lane in enumerate(lanes):
                if turn < len(frames[index]):
                    _sleep_until(begin_ns + (turn * len(lanes) + index) * interval_ns)
                    lane.send(frames[index][turn])
        for lane in lanes:
            lane.flush()
        _join(runs)
    return [latency for found in latencies for latency in found]


def _sleep_until(moment_ns: int) -> None:
    left_ns = moment_ns - time.perf_counter_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)


def _join(runs: Sequence["Future[None]"]) -> None:
    for run in runs:
        run.result()
