"""`python -m bench.engines.million ORDERS SEED`: what snapshots of a large shard cost on the native engine.

A book with so many orders, a risk shard and a settlement shard with so many accounts, as the machines of
shards. The pause is
what the shard stands still for: the state is frozen, and another thread writes it while frames go on. The
last line is one JSON object.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Annotated, Any

import typer

from bench.book_flow import BookFlow
from bench.engines.machine import CONTROL, GENESIS, SHARD, Framing
from bulkhead.domain.messages.control import (
    DefineAsset,
    DefineInstrument,
    DefineParticipant,
    Deposit,
    OpenAccount,
    SetSlots,
)
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.terms import Phase, Side
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import Machine
from bulkhead.wire.codec import encode

TIMES = 5
FRAME = 256
RISK, SETTLEMENT, BOOK = "risk/0", "settlement/0", "book/0"
ACCOUNTS_OF_EACH = 1_000


def main(orders: Annotated[int, typer.Argument(min=1)], seed: Annotated[int, typer.Argument()]) -> None:
    """Measure snapshots of all; medians of five."""
    book = _book(orders, seed)
    of_accounts = {
        name: {"accounts": orders, **measured(orders)}
        for name, measured in (("risk", _risk), ("settlement", _settlement))
    }
    print(json.dumps({"orders": orders, **book, **of_accounts}))


def _book(orders: int, seed: int) -> dict[str, Any]:
    machine, framing, flow = make_machine(SHARD, Engine.NATIVE), Framing(), BookFlow(seed)
    machine.apply_frame(b"", framing.frame(CONTROL, [encode(event) for event in GENESIS]))
    for frame in framing.frames(list(flow.resting(orders)), 1024):
        machine.apply_frame(b"", frame)
    return _measured(machine, framing.frames(list(flow.commands(TIMES * 100_000)), FRAME), orders)


def _risk(accounts: int) -> dict[str, Any]:
    machine, framing = make_machine(RISK, Engine.NATIVE), Framing(RISK)
    _tell(machine, framing, [DefineAsset("USD", 2), *_opened(accounts)])
    return _measured(machine, iter(()), accounts)


def _settlement(accounts: int) -> dict[str, Any]:
    """Each account has something in two assets, and trades while the state is written."""
    machine, framing = make_machine(SETTLEMENT, Engine.NATIVE), Framing(SETTLEMENT)
    market = DefineInstrument("X-USD", 0, "X", "USD", 1, 1, 1, 1, 9, 1, 1, 9, 9, Phase.CONTINUOUS)
    _tell(machine, framing, [SetSlots(0, 1023, 0, 0), market, *_opened(accounts)])
    _tell(machine, framing, [Deposit(_account(number), "X", 7) for number in range(accounts)])
    _tell(machine, framing, [Deposit(_account(number), "USD", 7) for number in range(accounts)])
    return _measured(machine, _legs(framing, accounts), accounts)


def _legs(framing: Framing, accounts: int) -> Iterator[bytes]:
    """Of accounts that lie far from each other, one in each chunk, so that as much as can be is copied."""
    number = 0
    while True:
        legs = []
        for _ in range(FRAME):
            number += 1
            account = _account(number * 67 % accounts)
            legs.append(encode(SettleLeg("X-USD", number, account, Side(1 + number % 2), 1, 1, 1)))
        yield framing.frame(BOOK, legs)


def _opened(accounts: int) -> Iterator[object]:
    for number in range(accounts):
        if number % ACCOUNTS_OF_EACH == 0:
            yield DefineParticipant(_owner(number), 0, 0, 0, 1000, 1000)
        yield OpenAccount(_account(number), _owner(number))


def _owner(number: int) -> str:
    return f"p{number // ACCOUNTS_OF_EACH:06d}"


def _account(number: int) -> str:
    return f"{_owner(number)}.{number:07d}"


def _tell(machine: Machine, framing: Framing, events: list[object]) -> None:
    for begin in range(0, len(events), 1024):
        some = events[begin : begin + 1024]
        machine.apply_frame(b"", framing.frame(CONTROL, [encode(event) for event in some]))


def _measured(machine: Machine, frames: Iterator[bytes], count: int) -> dict[str, Any]:
    """`frames` go on while the state is written."""
    gc.collect()
    pauses, writes, saved = [], [], b""
    during: list[float] = []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(TIMES):
            begun = time.perf_counter()
            frozen = machine.freeze()
            pauses.append(time.perf_counter() - begun)
            writing = pool.submit(_timed, frozen.snapshot)
            during += _apply(machine, frames, writing.done)
            took, saved = writing.result()
            writes.append(took)
            del frozen, writing  # no part of the next pause: who writes it lets go of it, in its own thread
    restores = []
    for _ in range(TIMES):
        again = make_machine(machine.name, Engine.NATIVE)
        took, _ = _timed(lambda again=again: again.restore(saved))
        restores.append(took)
    found: dict[str, Any] = {
        "pause_ms": _ms(median(pauses)),
        "pause_most_ms": _ms(max(pauses)),
        "snapshot_ms": _ms(median(writes)),
        "restore_ms": _ms(median(restores)),
        "snapshot_bytes": len(saved),
        "bytes_each": _resident_bytes(machine.name, saved) // count,
    }
    if during:
        during.sort()
        found["frames_while_written"] = {
            "frames": len(during),
            "p50_us": round(during[len(during) // 2] * 1e6),
            "p99_us": round(during[len(during) * 99 // 100] * 1e6),
            "most_us": round(during[-1] * 1e6),
        }
    return found


def _apply(machine: Machine, frames: Iterable[bytes], enough: Any) -> list[float]:
    """Frames until it is enough, or there are no more: how long each took, in seconds."""
    times = []
    for frame in frames:
        begun = time.perf_counter()
        machine.apply_frame(b"", frame)
        times.append(time.perf_counter() - begun)
        if enough():
            break
    return times


def _timed(act: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _resident_bytes(shard: str, saved: bytes) -> int:
    """What a process grows by when it restores a machine from this snapshot."""
    program = (
        "import sys; from pathlib import Path; from bulkhead._engine import Machine\n"
        "saved = sys.stdin.buffer.read()\n"
        "pages = lambda: int(Path('/proc/self/statm').read_text().split()[1])\n"
        f"machine = Machine({shard!r}, 'x/0'); before = pages(); machine.restore(saved)\n"
        "print((pages() - before) * 4096)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=saved, capture_output=True, check=True)
    return int(done.stdout)


if __name__ == "__main__":
    typer.run(main)
