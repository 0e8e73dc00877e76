"""`bulkhead chaos --boundary`: fails one boundary, whole, and compares what stops with what was declared."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from actors.attach import NotRunning
from bulkhead.broker.problem import BrokerError
from bulkhead.client import ClientError
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.topology.models import Topology
from bulkhead.topology.radius import RAY, Exchange
from chaos.boundary import BoundaryRun
from chaos.failures import Failure, NotWhole, RayFailure, server_of
from chaos.verdict import compared
from commands.blast_radius import no_such
from commands.broker import FOLDER as BROKERS
from commands.exchange import bring_up, handling, holding, interrupt
from commands.flow_run import path

TRIALS_MAX = 3
"""What differs is looked at again: on a busy machine somebody may be slower than a restart, and was seen to
be so twice.
"""


def fail_boundary(
    name: str, installation: Installation, is_own: bool, folder: Path, as_json: bool, console: Console
) -> int:
    """The exit status. `is_own`: the exchange is started for this, and taken down afterwards."""
    exchange = Exchange(installation.topology)
    if name not in exchange.names:
        console.print(no_such(exchange, name), highlight=False)
        return 1
    try:
        with holding(installation, console) if is_own else handling(interrupt):
            if is_own:
                bring_up(installation, console)
            found = _observed(installation, name, folder, console)
    except (
        NotWhole,
        NotRunning,
        TimeoutError,
        BrokerError,
        ClientError,
        FatalError,
        TemporaryError,
    ) as problem:
        console.print(f"[red]{name} was not judged:[/red]", end=" ")
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
        return 1
    if not as_json:
        _show(found, console)
    print(json.dumps(found), flush=True)
    return 1 if found["differences"] else 0


def _observed(installation: Installation, name: str, folder: Path, console: Console) -> dict[str, Any]:
    """Once, and again if it differs."""
    trials: list[dict[str, Any]] = []
    say = partial(console.print, style="dim", highlight=False)
    while not trials or (trials[-1]["differences"] and len(trials) < TRIALS_MAX):
        run = BoundaryRun(installation, name, _server(installation, name, folder, console), say)
        try:
            trials.append(compared(run.radius, run.observe()))
        except NotWhole:
            if not trials:
                raise
            break  # those before have spent its restarts
    return {"boundary": name, "trials": len(trials), **trials[-1], "path": path(installation)}


def _server(installation: Installation, name: str, folder: Path, console: Console) -> Failure | None:
    """How it is failed, where it is a server; None: it is a boundary of shards."""
    topology: Topology = installation.topology
    if name in topology.boundaries:
        return None
    if name == RAY:
        running = installation.running()
        if running is None:
            raise NotWhole(f"{topology.exchange} does not run: `bulkhead up`")
        installation.dashboard = running.dashboard != ""  # it comes back as it was
        return RayFailure(running.pid, lambda: bring_up(installation, console))
    return server_of(topology, name, (folder / "servers", installation.file.parent / BROKERS, BROKERS))


def _show(found: dict[str, Any], console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=f"{found['boundary']} failed", title_justify="left")
    for name in ("", "declared", "observed"):
        table.add_column(name)
    table.add_column("unavailable ms", justify="right")
    for name in found["first_seen_ms"]:
        ms = found["unavailable_ms"].get(name)
        declared = "stops" if name in found["declared"]["stops"] else "goes on"
        declared = "degrades" if name in found["declared"]["degrades"] else declared
        observed = "degraded" if name in found["observed"]["degrades"] else "went on"
        observed = "stopped" if name in found["observed"]["stops"] else observed
        observed = found["observed"]["unobserved"].get(name, observed)
        table.add_row(name, declared, observed, "" if not ms else f"{ms:,.0f}")
    console.print(table)
    for difference in found["differences"]:
        console.print(difference, style="red", markup=False, highlight=False, soft_wrap=True)
    if not found["differences"]:
        console.print("What stopped is what was declared.", style="bold")
