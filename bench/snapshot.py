"""`python -m bench.snapshot`: how long a book with a million resting orders takes to be saved and loaded.

The engine alone, without log or loop; the store is a real one. Loading is what a restart without a standby
waits for: the newest snapshot out of its store, and the machine's state out of it. Taking is what the loop
stands still for. The last line is one JSON object.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.engines.large import FRAME, resting
from bench.engines.machine import CONTROL, GENESIS, SHARD, Framing
from bulkhead.broker.server import Server
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import Machine
from bulkhead.snapshots.open import open_snapshots
from bulkhead.snapshots.port import Snapshot, SnapshotStore
from bulkhead.wire.codec import encode


def book(orders: int, engine: Engine) -> Machine:
    """A book partition with so many orders on two sides, at many prices."""
    machine, framing = make_machine(SHARD, engine), Framing()
    machine.apply_frame(b"", framing.frame(CONTROL, [encode(event) for event in GENESIS]))
    for frame in framing.frames(list(resting(random.Random(1), range(1, orders + 1))), FRAME):
        machine.apply_frame(b"", frame)
    return machine


def timed(act: Callable[[], Any]) -> tuple[float, float, Any]:
    """(seconds, of this process's CPU, what came of it)."""
    begun, cpu = time.perf_counter(), time.process_time()
    result = act()
    return round(time.perf_counter() - begun, 2), round(time.process_time() - cpu, 2), result


def loaded(store: SnapshotStore, payload: bytes, engine: Engine) -> dict[str, float]:
    """Saves it and loads it into a new machine."""
    saved_s, _, _ = timed(lambda: store.save(SHARD, Snapshot(b"position", 1, payload)))
    found_s, _, found = timed(lambda: store.newest(SHARD))
    machine = make_machine(SHARD, engine)
    restored_s, cpu_s, _ = timed(lambda: machine.restore(found.payload))
    assert machine.snapshot() == payload
    loaded_s = round(found_s + restored_s, 2)
    return {"saved_s": saved_s, "loaded_s": loaded_s, "restored_s": restored_s, "restored_cpu_s": cpu_s}


def main(
    orders: Annotated[int, typer.Option(min=1, help="Resting in the book.")] = 1_000_000,
    redis: Annotated[bool, typer.Option("--redis", help="In a Redis server of its own too.")] = False,
    engine: Annotated[Engine, typer.Option()] = Engine.REFERENCE,
) -> None:
    """Measure how long a snapshot is taken, saved and loaded."""
    machine = book(orders, engine)
    taken_s, _, payload = timed(machine.snapshot)
    del machine
    told: dict[str, Any] = {"orders": orders, "bytes": len(payload), "taken_s": taken_s}
    with tempfile.TemporaryDirectory(prefix="bulkhead-bench-") as folder:
        told["files"] = loaded(open_snapshots(f"files:{folder}/snapshots"), payload, engine)
        if redis:
            server = Server(Path(folder), "redis", "redis")
            status = server.start(lambda _: None, standard_ports=False)
            try:
                address = f"{status.service_url}/0?prefix=bench:&password_file={status.password_file}&keep=3"
                told["redis"] = loaded(open_snapshots(address), payload, engine)
            finally:
                server.stop(lambda _: None)
    told["path"] = {"engine": engine.value, "alone": True, "log": None}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    typer.run(main)
