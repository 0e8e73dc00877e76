"""`python -m bench.book`: the book of one instrument alone, native against reference, on the same commands.

The engine alone: no machine, log, signature or stream. The native book reads its commands from bytes and
writes its outcomes as bytes, 256 commands in one call; the reference's is called with objects, and no codec.
The latency of the native one is that of a call with one command, the way from Python and back included;
`native_growing_call` is that while the book is filled, where its tables grow. Both end with the same state,
or there is no figure. The last line is one JSON object.
"""

import functools
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import typer

from bench.book_flow import BookFlow, Command
from bench.engines.commands import Place
from bench.engines.native_book import encoded
from bench.engines.reference_book import book_order
from bulkhead.domain.book.book import Book

if TYPE_CHECKING:
    from bulkhead._engine import BookCore

FRAME: Final = 256
RESTING: Final = (0, 10_000, 1_000_000)


def native_per_s(book: "BookCore", commands: Sequence[bytes]) -> float:
    """Commands a second, in frames."""
    frames = [b"".join(commands[begin : begin + FRAME]) for begin in range(0, len(commands), FRAME)]
    begun = time.perf_counter()
    for frame in frames:
        book.apply(frame)
    return len(commands) / (time.perf_counter() - begun)


def native_latency_ns(book: "BookCore", commands: Sequence[bytes]) -> dict[str, int]:
    """Of a call with one command."""
    taken: list[int] = []
    clock = time.perf_counter_ns
    for command in commands:
        begun = clock()
        book.apply(command)
        taken.append(clock() - begun)
    return spread(taken)


def reference_run(book: Book, commands: Sequence[Command]) -> tuple[float, dict[str, int]]:
    """Commands a second, and the latency of a call."""
    calls: list[Callable[[], Any]] = [
        functools.partial(book.place, book_order(command))
        if isinstance(command, Place)
        else functools.partial(book.cancel, command.order_id)
        for command in commands
    ]
    taken: list[int] = []
    clock = time.perf_counter_ns
    begun = time.perf_counter()
    for call in calls:
        called = clock()
        call()
        taken.append(clock() - called)
    return len(commands) / (time.perf_counter() - begun), spread(taken)


def spread(taken: list[int]) -> dict[str, int]:
    taken.sort()
    return {"p50_ns": taken[len(taken) // 2], "p99_ns": taken[len(taken) * 99 // 100], "max_ns": taken[-1]}


def measured(resting: int, count: int, seed: int) -> dict[str, Any]:
    """Both engines on a book with so many resting orders: half of the commands in frames, half one by one."""
    from bulkhead._engine import BookCore  # absent where the engine is not built

    flow = BookFlow(seed)
    before, timed = flow.resting(resting), flow.commands(2 * count)
    native, reference = BookCore(None, 0, False), Book()
    growing_call = native_latency_ns(native, list(map(encoded, before))) if before else None
    for place in before:
        reference.place(book_order(place))
    framed, single = list(map(encoded, timed[:count])), list(map(encoded, timed[count:]))
    gc.collect()
    gc.disable()
    native_rate, native_call = native_per_s(native, framed), native_latency_ns(native, single)
    reference_rate, reference_call = reference_run(reference, timed)
    gc.enable()
    state_ms, saved = timed_ms(native.state)
    load_ms, _ = timed_ms(lambda: BookCore.from_state(saved))
    if msgspec.msgpack.decode(saved) != reference.state():
        sys.exit("bench.book: the two engines ended with different states: no figure counts")
    return {
        "resting": resting,
        "resting_at_the_end": len(reference.live),
        "native_per_s": round(native_rate),
        "native_call": native_call,
        "native_growing_call": growing_call,
        "native_bytes_per_order": resident_bytes(saved) // len(reference.live),
        "native_state_ms": state_ms,
        "native_load_ms": load_ms,
        "reference_per_s": round(reference_rate),
        "reference_call": reference_call,
    }


def timed_ms(act: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = act()
    return round(1000 * (time.perf_counter() - begun), 1), result


def resident_bytes(saved: bytes) -> int:
    """What a process grows by when it loads a book from this state."""
    program = (
        "import sys; from pathlib import Path; from bulkhead._engine import BookCore\n"
        "saved = sys.stdin.buffer.read()\n"
        "pages = lambda: int(Path('/proc/self/statm').read_text().split()[1])\n"
        "before = pages(); book = BookCore.from_state(saved); print((pages() - before) * 4096)"
    )
    return int(
        subprocess.run([sys.executable, "-c", program], input=saved, capture_output=True, check=True).stdout
    )


def main(
    commands: Annotated[
        int, typer.Option(min=FRAME, help="Timed in frames, and as many one by one.")
    ] = 200_000,
    most: Annotated[int, typer.Option(min=0, help="Books with more resting orders are left out.")] = RESTING[
        -1
    ],
    seed: Annotated[int, typer.Option(help="Another seed is another order flow.")] = 1,
) -> None:
    """Measure the book alone, native against reference."""
    try:
        import bulkhead._engine  # noqa: F401
    except ImportError:
        sys.exit(
            "bench.book: the native engine is not built here; `make venv` builds it and says why it can't"
        )
    rows = [measured(resting, commands, seed) for resting in RESTING if resting <= most]
    path = {"engine": "native and reference", "alone": True, "log": None, "frame": FRAME}
    print(json.dumps({"books": rows, "path": path}), flush=True)


if __name__ == "__main__":
    typer.run(main)
