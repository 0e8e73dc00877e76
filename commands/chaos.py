"""`bulkhead chaos`: kills real processes under load and lets an independent checker judge what came of it."""

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bulkhead.broker.problem import BrokerError
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.log.open import erase_log
from bulkhead.topology.layers import text_of
from bulkhead.topology.load import load
from bulkhead.topology.radius import SERVER_NAMES
from chaos.exchange import write_topology
from chaos.outages import by_kind
from chaos.run import Result, Run, Stopped
from chaos.servers import KilledServer
from commands.chaos_boundary import fail_boundary
from commands.chaos_changes import make_changes
from commands.chaos_exchange import (
    FOLDER,
    IngressKind,
    LogKind,
    ReplicasKind,
    SnapshotsKind,
    clear,
    own_server,
    stores,
)
from commands.chaos_judged import FAULTS, PROBLEMS_SHOWN, faults, is_good, judged
from commands.exchange import bring_up, holding, on_interrupt
from commands.flow_run import path
from commands.topology import TopologyOption, read_topology

SHOW_EVERY_S = 0.2
LINE_EVERY_S = 10.0
"""where the output is no terminal"""
KILLS = 20


def chaos(
    log: Annotated[
        LogKind | None,
        typer.Option(
            help="What the exchange keeps its frames in. pulsar: the broker that the topology names, else "
            "one of the run's own, which is killed too. Default: sqlite.",
            show_default=False,
        ),
    ] = None,
    snapshots: Annotated[
        SnapshotsKind | None,
        typer.Option(
            help="What it keeps snapshots in. redis: a server of the run's own, killed too. Default: "
            "redis beside pulsar, files beside sqlite.",
            show_default=False,
        ),
    ] = None,
    replicas: Annotated[
        ReplicasKind | None,
        typer.Option(
            help="Of every boundary but the views' and the supervisor's. Default: as the topology says.",
            show_default=False,
        ),
    ] = None,
    ingress: Annotated[
        IngressKind | None,
        typer.Option(
            help="gateway: participants write to topics of their own; gateways are killed too. Default: as "
            "the topology says.",
            show_default=False,
        ),
    ] = None,
    boundary: Annotated[
        str | None,
        typer.Option(
            help="Fail this boundary (or broker, redis, ray) whole, once, on the exchange that runs, and "
            "compare what stops with `topology blast-radius`. With --kills: kill and pause its shards only.",
            show_default=False,
        ),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option(
            "--changes",
            help="Kill nothing: an operator makes one change after another (lists and retires, moves shards, "
            "adds replicas, sets fees), with the commands that are typed for it.",
        ),
    ] = False,
    kills: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Kills and pauses; control, views and servers a third as often as others. Default: 20.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of kinds, victims, steps, load, waits; the machine has a say in moments. Default: drawn.",
            show_default=False,
        ),
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Where the exchange lives; what an earlier run left there is deleted first.")
    ] = FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="No table, only the JSON object.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Start an exchange of its own, kill -9 and pause its processes under load, and judge what is left.

    A shard is struck at a random step of its loop, with at least 100 orders unanswered. The exchange, the
    log, what participants sent and received, and every blow stay in the folder. The last line on standard
    output is one JSON object. Exit status 1: something was lost, doubled, misordered or contradicted, or the
    run was not completed.

    With --boundary and without --kills the boundary's processes, all of them, are killed once on the exchange
    that runs; one of its own is started where none runs, or where --log, --replicas or --ingress is given.
    Exit status 1: something stopped that was declared to go on, or went on that was declared to stop.

    With --changes the exchange is changed under load instead; then it is judged as after kills, and every
    shard's log is replayed and has to come to its state.
    """
    console = Console(stderr=True)
    if changes and (boundary is not None or kills is not None):
        console.print("[red]--changes[/red] goes with neither --boundary nor --kills")
        raise typer.Exit(2)
    given, file = read_topology(topology)
    fails_whole = boundary is not None and kills is None
    there = (*given.boundaries, *(SERVER_NAMES if fails_whole else ()))
    if boundary is not None and boundary not in there:
        console.print(f"[red]there is no boundary {boundary!r}:[/red] it is one of {', '.join(there)}")
        raise typer.Exit(1)
    own = any(each is not None for each in (log, snapshots, replicas, ingress))
    if boundary is not None and fails_whole and not own:
        running = Installation(given, file)
        if running.running() is not None:
            raise typer.Exit(fail_boundary(boundary, running, False, folder, as_json, console))
    seed = random.SystemRandom().randrange(1, 1 << 32) if seed is None else seed
    kills = kills or KILLS
    clear(folder, console)
    try:
        with ExitStack() as stack:
            start = partial(own_server, stack, folder, console)
            kept, killed = stores(given, log or LogKind.SQLITE, snapshots, start)
            file = write_topology(
                text_of(file), folder, kept, replicas and replicas.value, ingress and ingress.value
            )
            installation = Installation(load(file), file)
            erase_log(installation.log_address)
            if boundary is not None and fails_whole:
                raise typer.Exit(fail_boundary(boundary, installation, True, folder, as_json, console))
            if changes:
                raise typer.Exit(make_changes(installation, folder, seed, as_json, console))
            result = _broken(installation, folder, kills, seed, killed, boundary, console)
            with console.status("the checker reads everything that was sent and received"):
                found = judged(installation, folder)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (BrokerError, FatalError, TemporaryError) as problem:
        console.print(f"[red]{problem}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from problem
    summary = _summary(installation, kills, seed, result, found)
    if not as_json:
        _show(summary, result, console)
    print(json.dumps(summary), flush=True)
    raise typer.Exit(0 if is_good(summary) else 1)


def _broken(
    installation: Installation,
    folder: Path,
    kills: int,
    seed: int,
    killed: list[KilledServer],
    boundary: str | None,
    console: Console,
) -> Result:
    """The run, on an exchange that is up while it lasts."""
    stop = threading.Event()
    with holding(installation, console):
        bring_up(installation, console)
        with on_interrupt(stop):
            result = _run(installation, folder, kills, seed, killed, boundary, stop, console)
        for server in killed:
            server.settle()
    return result


def _run(
    installation: Installation,
    folder: Path,
    kills: int,
    seed: int,
    killed: list[KilledServer],
    boundary: str | None,
    stop: threading.Event,
    console: Console,
) -> Result:
    progress = Progress(
        TextColumn("blows"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=console,
        transient=True,
        auto_refresh=False,
        disable=not console.is_terminal,
    )
    task = progress.add_task("", total=kills)
    with progress:
        look = _looking(progress, task, stop, console)
        run = Run(installation, folder / "evidence", kills, seed, killed, look, boundary)
        try:
            result = run.run()
        except Stopped:
            raise KeyboardInterrupt from None
    with (folder / "blows.jsonl").open("w") as file:
        file.writelines(json.dumps(asdict(blow)) + "\n" for blow in result.blows)
    return result


def _looking(
    progress: Progress, task: Any, stop: threading.Event, console: Console
) -> Callable[[Result], bool]:
    every_s = SHOW_EVERY_S if console.is_terminal else LINE_EVERY_S
    next_at = [0.0]

    def look(result: Result) -> bool:
        if time.monotonic() >= next_at[0]:
            next_at[0] = time.monotonic() + every_s
            text = f"{result.commands:,} commands, {result.unanswered} unanswered; {result.doing}"
            progress.update(task, completed=len(result.blows), description=text, refresh=True)
            if not console.is_terminal:
                console.print(f"{len(result.blows)} blows, {text}", soft_wrap=True, highlight=False)
        return stop.is_set()

    return look


def _summary(
    installation: Installation, kills: int, seed: int, result: Result, found: dict[str, Any]
) -> dict[str, Any]:
    problems = [*result.problems]
    if len(result.blows) < kills:
        problems.append(f"{len(result.blows)} of {kills} blows fell")
    return {
        "kills": len(result.blows),
        "by_kind": result.by_kind,
        "by_step": result.by_step,
        "orders": result.orders,
        "commands": result.commands,
        **faults(found),
        "unavailable_ms": by_kind(result.blows, "unavailable_ms"),
        "back_ms": by_kind(result.blows, "back_ms"),
        "unanswered_min": min((blow.unanswered for blow in result.blows), default=0),
        "seed": seed,
        "seconds": result.seconds,
        "internal_duplicates_dropped": result.duplicates_dropped,
        "problems": problems + found.get("problems", [])[:PROBLEMS_SHOWN],
        "path": path(installation),
    }


def _show(summary: dict[str, Any], result: Result, console: Console) -> None:
    table = Table(title=f"{summary['kills']} blows in {summary['seconds']} s, seed {summary['seed']}")
    for name in ("kind", "blows", "unavailable ms: p50", "p99", "max", "back ms: p50", "max"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, count in summary["by_kind"].items():
        away, back = summary["unavailable_ms"].get(kind, {}), summary["back_ms"].get(kind, {})
        figures = [*(away.get(name) for name in ("p50", "p99", "max")), back.get("p50"), back.get("max")]
        table.add_row(kind, str(count), *("" if figure is None else f"{figure:,.0f}" for figure in figures))
    console.print(table)
    steps = ", ".join(f"{step} {count}" for step, count in summary["by_step"].items())
    console.print(
        f"{summary['commands']:,} commands, {summary['orders']:,} orders, {summary['trades']} trades, "
        f"{summary['reversals']} busts and corrections; at least {summary['unanswered_min']} orders "
        f"unanswered at every blow. Blows by step: {steps}."
    )
    faults = ", ".join(f"{summary[name]} {name}" for name in FAULTS)
    console.print(f"[bold]{faults}[/bold]")
    for problem in summary["problems"]:
        console.print(f"[red]{problem}[/red]", highlight=False)
