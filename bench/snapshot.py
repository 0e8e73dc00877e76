"""`python -m bench.snapshot`: how long a book with a million resting orders takes to be saved and loaded.

The engine alone, without log or loop; the store is a real one. Loading is what a restart without a standby
waits for: the newest snapshot out of its store, and the machine's state out of it. Taking is what the loop
stands still for. The last line is one JSON object.
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bulkhead.broker.server import Server
from bulkhead.domain.integers import to_bytes
from bulkhead.domain.terms import OrderType, Phase, TimeInForce
from bulkhead.machines.factory import make_reference
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.snapshots.open import open_snapshots
from bulkhead.snapshots.port import Snapshot, SnapshotStore

BOOK = "book/0"
LEVELS = 10_000
ACCOUNTS = 100


def book(orders: int) -> ReferenceMachine:
    """A book partition with so many orders on two sides, of many accounts and at many prices."""
    machine = make_reference(BOOK)
    sides: dict[str, list[list[int]]] = {"bids": [], "asks": []}
    for number in range(orders):
        side, level = ("bids", "asks")[number % 2], number * LEVELS // orders // 2
        price_ticks = 1_000_000 - level if side == "bids" else 1_000_001 + level
        risk = number % 4 // 2 << 53
        sides[side].append(
            [risk | number + 1, price_ticks, 100 + number % 900, 0, OrderType.LIMIT, TimeInForce.GTC, 0]
        )
    tickets = [
        [row[0], f"flow{row[0] % ACCOUNTS:02d}", row[0] % 1024, 0, 10_000, to_bytes(0)]
        for rows in sides.values()
        for row in rows
    ]
    state = machine.domain.state()
    contents = {"phase": int(Phase.CONTINUOUS), "last_price_ticks": None, **sides}
    state["instruments"] = [["BTC-USD", to_bytes(1), to_bytes(100), 0, contents, tickets]]
    machine.domain.load(state)
    return machine


def timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, of this process's CPU, what came of it)."""
    begun, cpu = time.perf_counter(), time.process_time()
    result = act()
    return round(time.perf_counter() - begun, 2), round(time.process_time() - cpu, 2), result


def loaded(store: SnapshotStore, payload: bytes) -> dict[str, float]:
    """Saves it and loads it into a new machine."""
    saved_s, _, _ = timed(lambda: store.save(BOOK, Snapshot(b"position", 1, payload)))
    found_s, _, found = timed(lambda: store.newest(BOOK))
    machine = make_reference(BOOK)
    restored_s, cpu_s, _ = timed(lambda: machine.restore(found.payload))
    assert machine.snapshot() == payload
    loaded_s = round(found_s + restored_s, 2)
    return {"saved_s": saved_s, "loaded_s": loaded_s, "restored_s": restored_s, "restored_cpu_s": cpu_s}


def main(
    orders: Annotated[int, typer.Option(min=1, help="Resting in the book.")] = 1_000_000,
    redis: Annotated[bool, typer.Option("--redis", help="In a Redis server of its own too.")] = False,
) -> None:
    """Measure how long a snapshot is taken, saved and loaded."""
    machine = book(orders)
    taken_s, _, payload = timed(machine.snapshot)
    del machine
    told: dict[str, Any] = {"orders": orders, "bytes": len(payload), "taken_s": taken_s}
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as folder:
        told["files"] = loaded(open_snapshots(f"files:{folder}/snapshots"), payload)
        if redis:
            server = Server(Path(folder), "redis", "redis")
            status = server.start(lambda _: None, standard_ports=False)
            try:
                address = f"{status.service_url}/0?prefix=bench:&password_file={status.password_file}&keep=3"
                told["redis"] = loaded(open_snapshots(address), payload)
            finally:
                server.stop(lambda _: None)
    told["path"] = {"engine": "reference", "alone": True, "log": None}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    typer.run(main)
