"""Sending prepared frames and counting what comes back: one lane for each participant.

`saturate` is a closed loop: each lane keeps so many events unanswered, and no more. `pace` is an open one:
every frame has its moment, and its latency counts from that moment also when it was sent late, so a stall
shows in all the orders that it made wait (no coordinated omission).
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from bench.answers import Answers
from bench.frames import Prepared
from bulkhead.log.port import Reader, Writer

RECEIVE_BYTES_MAX = 256 * 1024
WAIT_S = 0.2
STALL_S = 30.0
"""No answer for so long: something is broken, and a number would be wrong."""


class Stalled(Exception):
    """Nothing came back any more; the text says how far it went."""


class Lane:
    """One participant: where its frames go, where its answers come from. `first` is its next sequence."""

    def __init__(self, name: str, writer: Writer, reader: Reader, answers: Answers) -> None:
        self.name = name
        self.writer = writer
        self.reader = reader
        self.answers = answers

    def send(self, frame: Prepared) -> None:
        self.writer.send(frame.data, frame.last)
        self.writer.poll()


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
    heard_at = time.monotonic()
    while answered < total:
        while at < len(frames) and sent - answered + frames[at].events <= window:
            lane.send(frames[at])
            sent += frames[at].events
            at += 1
        records = lane.reader.receive(RECEIVE_BYTES_MAX, WAIT_S)
        for _, data in records:
            answered += lane.answers.count(data)
        if records:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > STALL_S:
            raise Stalled(f"{lane.name}: {answered} of {sent} commands sent were answered, then none")


def pace(lanes: Sequence[Lane], frames: Sequence[Sequence[Prepared]], per_s: int) -> list[int]:
    """Send frames of one event at a fixed rate, the lanes in turn; the latency of each in microseconds."""
    due_ns: list[dict[int, int]] = [
        {frame.last: turn * len(lanes) + index for turn, frame in enumerate(queue)}
        for index, queue in enumerate(frames)
    ]
    latencies: list[list[int]] = [[] for _ in lanes]
    begin_ns = time.perf_counter_ns() + 50_000_000
    interval_ns = 1_000_000_000 // per_s

    def listen(index: int) -> None:
        lane, dues, found = lanes[index], due_ns[index], latencies[index]
        heard_at = time.monotonic()
        while dues:
            records = lane.reader.receive(RECEIVE_BYTES_MAX, WAIT_S)
            now_ns = time.perf_counter_ns()
            for _, data in records:
                for sequence in lane.answers.which(data):
                    found.append((now_ns - begin_ns - dues.pop(sequence) * interval_ns) // 1000)
            if records:
                heard_at = time.monotonic()
            elif time.monotonic() - heard_at > STALL_S:
                raise Stalled(f"{lane.name}: {len(dues)} commands were never answered")

    with ThreadPoolExecutor(len(lanes)) as pool:
        runs = [pool.submit(listen, index) for index in range(len(lanes))]
        for turn in range(max(map(len, frames))):
            for index, lane in enumerate(lanes):
                if turn < len(frames[index]):
                    _sleep_until(begin_ns + (turn * len(lanes) + index) * interval_ns)
                    lane.send(frames[index][turn])
        for lane in lanes:
            while lane.writer.pending():
                lane.writer.poll(WAIT_S)
        _join(runs)
    return [latency for found in latencies for latency in found]


def _sleep_until(moment_ns: int) -> None:
    left_ns = moment_ns - time.perf_counter_ns()
    if left_ns > 0:
        time.sleep(left_ns / 1e9)


def _join(runs: Sequence["Future[None]"]) -> None:
    for run in runs:
        run.result()
