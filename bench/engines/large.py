"""`python -m bench.engines.large ORDERS SEED`: a native book machine with very many resting orders.

It is filled in frames of 256, then every second command of a frame cancels one of the orders, any, and every
other one adds one. Frames are made in small lots between those that are timed, so that the process holds
little but the book. The last line is one JSON object: bytes an order takes (what the process has grown by),
commands a second, microseconds of a frame of 256.
"""

import gc
import json
import random
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Final

import typer

from bench.book_flow import LOTS_MAX, MIDDLE_TICKS, distance_ticks
from bench.engines.commands import Cancel, Command, Place
from bench.engines.machine import CONTROL, GENESIS, SHARD, Framing
from bulkhead.domain.terms import Side
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import Machine
from bulkhead.wire.codec import encode

FRAME: Final = 256
FRAMES_MADE_AHEAD: Final = 16
CHANGES: Final = 200_000


def main(orders: Annotated[int, typer.Argument(min=CHANGES)], seed: Annotated[int, typer.Argument()]) -> None:
    """Fill a book, then change it."""
    machine, framing, chance = make_machine(SHARD, Engine.NATIVE), Framing(), random.Random(seed)
    machine.apply_frame(b"", framing.frame(CONTROL, [encode(event) for event in GENESIS]))
    gc.collect()
    before = _resident_bytes()
    filled = _applied(machine, framing, resting(chance, range(1, orders + 1)))
    grown = _resident_bytes() - before
    changed = _applied(machine, framing, _changes(chance, orders))
    print(json.dumps({"orders": orders, "bytes_each": grown // orders, "fill": filled, "changes": changed}))


def resting(chance: random.Random, ids: range) -> Iterator[Place]:
    """Orders that rest: around a middle that stays, so that none meets another."""
    for order_id in ids:
        side = chance.choice((Side.BUY, Side.SELL))
        away_ticks = distance_ticks(chance) * (-1 if side is Side.BUY else 1)
        yield Place(order_id, side, MIDDLE_TICKS + away_ticks, chance.randint(1, LOTS_MAX))


def _changes(chance: random.Random, orders: int) -> Iterator[Command]:
    canceled = chance.sample(range(1, orders + 1), CHANGES // 2)
    added = resting(chance, range(orders + 1, orders + 1 + CHANGES // 2))
    for order_id, place in zip(canceled, added, strict=True):
        yield Cancel(order_id)
        yield place


def _applied(machine: Machine, framing: Framing, commands: Iterator[Command]) -> dict[str, float]:
    taken: list[int] = []
    count = 0
    while some := list(islice(commands, FRAME * FRAMES_MADE_AHEAD)):
        count += len(some)
        for frame in list(framing.frames(some, FRAME)):
            begun = time.perf_counter_ns()
            machine.apply_frame(b"", frame)
            taken.append(time.perf_counter_ns() - begun)
    taken.sort()
    return {
        "commands_per_s": round(count * 1e9 / sum(taken)),
        "p50_us": taken[len(taken) // 2] / 1000,
        "p999_us": taken[len(taken) * 999 // 1000] / 1000,
        "most_us": taken[-1] / 1000,
    }


def _resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * 4096


if __name__ == "__main__":
    typer.run(main)
