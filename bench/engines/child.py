"""`python -m bench.engines.child ENGINE SCRIPT [--latency]`: one engine, one workload, in this process.

A first pass is not timed: its answers are kept, and counted. Then, for each size of frame, timed passes, each
with a new book, whose answers are dropped: until they have taken half a second, five at most; their median
counts. The last line is one JSON object.
"""

import gc
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Annotated, Final

import typer

from bench.engines import machine, native_book, reference_book
from bench.engines.commands import Script, load
from bench.engines.peers import limit_order_book, liquibook, order_book
from bench.engines.prepared import Prepare, Step, Work

FRAMES: Final = (1, 16, 256, 4096)
LATENCY_FRAME: Final = 256
TIMED_S, PASSES_MAX = 0.5, 5
"""A pass of a fast engine takes 20 ms, which anything else on the machine may double."""
ENGINES: Final[dict[str, tuple[Prepare, bool]]] = {
    "native_book": (native_book.prepare, True),
    "reference_book": (reference_book.prepare, False),
    "native_machine": (machine.prepare_native, True),
    "reference_machine": (machine.prepare_reference, True),
    "liquibook": (liquibook.prepare, False),
    "limit_order_book": (limit_order_book.prepare, False),
    "order_book": (order_book.prepare, False),
}
"""How each is given its commands, and whether it takes frames."""


@dataclass
class Found:
    """What one process has measured."""

    work: dict[str, int | None]
    per_s: dict[str, float] = field(default_factory=dict)
    """commands a second, by the commands in a frame"""


def measured(prepare: Prepare, takes_frames: bool, script: Script) -> Found:
    found = Found(_worked(prepare, script)._asdict())
    for frame in FRAMES if takes_frames else (1,):
        found.per_s[str(frame)] = len(script.timed) / _pass_s(prepare, script, frame)
    return found


def latencies_us(prepare: Prepare, script: Script) -> dict[str, float]:
    """Of a frame of 256; the median and what one of a thousand exceeds."""
    prepared = prepare(script, LATENCY_FRAME)
    taken = sorted(_clocked(prepared.steps))
    return {
        "p50_us": taken[len(taken) // 2] / 1000,
        "p999_us": taken[len(taken) * 999 // 1000] / 1000,
        "max_us": taken[-1] / 1000,
    }


def _worked(prepare: Prepare, script: Script) -> Work:
    prepared = prepare(script, LATENCY_FRAME)
    return prepared.work([call(*arguments) for call, arguments in prepared.steps])


def _pass_s(prepare: Prepare, script: Script, frame: int) -> float:
    taken: list[float] = []
    while len(taken) < PASSES_MAX and sum(taken) < TIMED_S:
        prepared = prepare(script, frame)  # whole: a book of C++ does not keep its listener alive
        taken.append(_timed(prepared.steps))
    return median(taken)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A collection in the middle would be timed too; what the steps leave is freed by counting."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _timed(steps: Sequence[Step]) -> float:
    with _uncollected():
        begun = time.perf_counter()
        for call, arguments in steps:
            call(*arguments)
        return time.perf_counter() - begun


def _clocked(steps: Sequence[Step]) -> list[int]:
    """Nanoseconds of each."""
    taken, clock = [], time.perf_counter_ns
    with _uncollected():
        for call, arguments in steps:
            begun = clock()
            call(*arguments)
            taken.append(clock() - begun)
    return taken


def main(
    engine: Annotated[str, typer.Argument(help=f"One of {', '.join(ENGINES)}.")],
    script: Annotated[Path, typer.Argument(help="What bench.engines.commands has written.")],
    latency: Annotated[bool, typer.Option("--latency", help="Of each frame, instead of rates.")] = False,
) -> None:
    """Measure one engine on one workload."""
    prepare, takes_frames = ENGINES[engine]
    commands = load(script)
    if latency:
        print(json.dumps(latencies_us(prepare, commands)))
    else:
        print(json.dumps(asdict(measured(prepare, takes_frames, commands))))


if __name__ == "__main__":
    typer.run(main)
