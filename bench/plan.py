"""`python -m bench.plan [--live] [--log pulsar]`: how long `topology plan` takes for a large exchange.

1,000 instruments, 64 risk and 64 settlement shards, 5,000 participants. Everything that the command does is
timed but Python's own start: reading and checking the file, what the exchange needs, what should be, what is
there, the plan. With --live the ground of that exchange (keys, log, genesis) is made first, and read.
The last line is one JSON object.
"""

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from actors.change import Change
from bench.exchange import TOPOLOGY, Kind
from bench.pulsar.topology import on_broker
from bench.pulsar.venue import own_broker
from bulkhead.broker.server import Status
from bulkhead.installation.ground import Ground
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load
from bulkhead.topology.plan.needs import Machine, needs

INSTRUMENTS, ACCOUNT_SHARDS, PARTICIPANTS = 1_000, 64, 5_000
TRIES = 3


def generated(broker: Status | None) -> str:
    """The shipped topology's text, with so many of each; a boundary for each book and each pair of account
    shards. On a broker where there is one.
    """
    values: dict[str, Any] = yaml.safe_load(TOPOLOGY.read_text())
    instrument = values["instruments"]["ETH-USD"]
    names = [f"I{number:04d}-USD" for number in range(INSTRUMENTS)]
    restarts = {"budget": 5, "within_s": 60}
    values["instruments"] = dict.fromkeys(names, instrument)
    values["shards"]["risk"]["count"] = values["shards"]["settlement"]["count"] = ACCOUNT_SHARDS
    values["shards"]["books"] = [{"instruments": [name]} for name in names]
    values["participants"] = {
        f"p{number:04d}": {
            "keys": [f"p{number:04d}"],
            "accounts": [f"p{number:04d}.main"],
            "balances": {"USD": "1000000", "ETH": "100"},
            "limits": {"open_orders_max": 1000, "order_notional_max": {"USD": "500000"}},
        }
        for number in range(PARTICIPANTS)
    }
    others = {name: values["boundaries"][name] for name in ("control", "clock", "supervisor", "views")}
    books = {f"book-{number}": {"contains": [f"book/{number}"]} for number in range(INSTRUMENTS)}
    accounts = {
        f"accounts-{number}": {"contains": [f"risk/{number}", f"settlement/{number}"]}
        for number in range(ACCOUNT_SHARDS)
    }
    apart = {name: {**boundary, "restarts": restarts} for name, boundary in {**books, **accounts}.items()}
    values["boundaries"] = others | apart
    for section in ("log", "snapshots"):
        values[section].pop("directory")
    if broker is not None:
        on_broker(values, broker.service_url, broker.admin_url)
    return yaml.safe_dump(values, sort_keys=False)


def measured(file: Path) -> dict[str, Any]:
    """One plan, in seconds, part by part."""
    cpu, began = time.process_time(), time.perf_counter()
    topology = load(file)
    read = time.perf_counter()
    needed = needs(topology, Machine(memory_mib=0), {})
    counted = time.perf_counter()
    installation = Installation(topology, file)
    with Change(installation) as change:
        planned = change.plan()
    ended = time.perf_counter()
    return {
        "read_s": round(read - began, 2),
        "needs_s": round(counted - read, 2),
        "plan_s": round(ended - counted, 2),
        "total_s": round(ended - began, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "steps": len(planned.steps),
        "needs": {need.name: need.needed for need in needed},
    }


def main(
    live: Annotated[
        bool, typer.Option("--live", help="Make what it stands on first, and read that.")
    ] = False,
    log: Annotated[
        Kind, typer.Option(help="That the exchange is on; pulsar: a broker of its own.")
    ] = Kind.SQLITE,
) -> None:
    """Measure a plan."""
    with ExitStack() as stack:
        broker = stack.enter_context(own_broker(None, print_line)) if log is Kind.PULSAR else None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bulkhead-bench-"))
        file = Path(folder) / "topology.yaml"
        file.write_text(generated(broker))
        if live:
            make(file)
        tries = [measured(file) for _ in range(TRIES)]
    for each in tries:
        print_line({name: value for name, value in each.items() if name != "needs"})
    print(json.dumps({**min(tries, key=lambda each: each["total_s"]), "live": live, "log": log.value}))


def make(file: Path) -> None:
    """All of the exchange but its processes."""
    began = time.perf_counter()
    with Ground(Installation(load(file), file)) as ground:
        file.parent.joinpath(".bulkhead", "dev").mkdir(parents=True)
        for step in ground.plan().steps:
            ground.perform(step)
    print_line(f"made in {time.perf_counter() - began:.0f} s")


def print_line(line: object) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    typer.run(main)
