"""`bulkhead chaos`: kills real processes under load and lets an independent checker judge what came of it."""

import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bulkhead.installation.state import Installation
from bulkhead.topology.load import load
from chaos.exchange import write_topology
from chaos.outages import by_kind
from chaos.run import Result, Run, Stopped
from commands.exchange import bring_up, holding, on_interrupt, take_down
from commands.flow_run import path
from commands.topology import TopologyOption, read_topology

FOLDER = Path(".bulkhead") / "chaos"
SHOW_EVERY_S = 0.2
LINE_EVERY_S = 10.0
"""where the output is no terminal"""
CHECK_TIMEOUT_S = 600.0
FAULTS = ("lost", "doubled", "misordered", "contradicted")


class LogKind(StrEnum):
    SQLITE = "sqlite"


def chaos(
    log: Annotated[LogKind, typer.Option(help="What the exchange keeps its frames in.")] = LogKind.SQLITE,
    kills: Annotated[int, typer.Option(min=1, help="Kills and pauses, of all kinds equally often.")] = 20,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of kinds, victims, load and waits; the machine has a say in moments. Default: drawn.",
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

    Actors are killed at random moments, with at least 100 commands unanswered. The exchange, the log, what
    participants sent and received, and every blow stay in the folder. The last line on standard output is one
    JSON object. Exit status 1: something was lost, doubled, misordered or contradicted, or the run was not
    completed.
    """
    console = Console(stderr=True)
    seed = random.SystemRandom().randrange(1, 1 << 32) if seed is None else seed
    installation = _fresh(read_topology(topology)[1], folder, log.value, console)
    stop = threading.Event()
    try:
        with holding(installation, console):
            bring_up(installation, console)
            with on_interrupt(stop):
                result = _run(installation, folder, kills, seed, stop, console)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    with console.status("the checker reads everything that was sent and received"):
        found = _check(installation, folder, result)
    summary = _summary(installation, kills, seed, result, found)
    if not as_json:
        _show(summary, result, console)
    print(json.dumps(summary), flush=True)
    good = not any(summary[name] for name in FAULTS) and not summary["problems"]
    raise typer.Exit(0 if good else 1)


def _fresh(topology_file: Path, folder: Path, log: str, console: Console) -> Installation:
    """An exchange in an emptied folder; what an earlier run left running there is taken down."""
    file = folder / "topology.yaml"
    if file.exists():
        before = Installation(load(file), file)
        if before.running() is not None:
            take_down(before, console)
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        console.print(
            f"[red]{folder} is not empty and no chaos run made it:[/red] name another one with --folder"
        )
        raise typer.Exit(1)
    file = write_topology(topology_file.read_text(), folder, log)
    return Installation(load(file), file)


def _run(
    installation: Installation, folder: Path, kills: int, seed: int, stop: threading.Event, console: Console
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
        run = Run(installation, folder / "evidence", kills, seed, _looking(progress, task, stop, console))
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


def _check(installation: Installation, folder: Path, result: Result) -> dict[str, Any]:
    """The checker, in a process of its own that imports nothing of ours."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "chaos.checker",
            "--connection",
            str(installation.connection_path),
            "--evidence",
            str((folder / "evidence").resolve()),
            "--internal-key",
            str(installation.mac_key_path),
        ],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=CHECK_TIMEOUT_S,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout:
        result.problems.append(f"the checker came to no result: {done.stderr.strip()[-500:]}")
        return {}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _summary(
    installation: Installation, kills: int, seed: int, result: Result, found: dict[str, Any]
) -> dict[str, Any]:
    problems = [*result.problems]
    if len(result.blows) < kills:
        problems.append(f"{len(result.blows)} of {kills} blows fell")
    return {
        "kills": len(result.blows),
        "by_kind": result.by_kind,
        "orders": result.orders,
        "commands": result.commands,
        **{name: found.get(name) for name in (*FAULTS, "trades")},
        "unavailable_ms": by_kind(result.blows, "unavailable_ms"),
        "back_ms": by_kind(result.blows, "back_ms"),
        "unanswered_min": min((blow.unanswered for blow in result.blows), default=0),
        "seed": seed,
        "seconds": result.seconds,
        "internal_duplicates_dropped": result.duplicates_dropped,
        "checker": {name: found[name] for name in _CHECKED if name in found},
        "problems": problems + found.get("problems", [])[:20],
        "path": path(installation),
    }


_CHECKED = ("subjects", "streams", "frames", "events", "repeated", "refused_frames", "dead_letters")


def _show(summary: dict[str, Any], result: Result, console: Console) -> None:
    table = Table(title=f"{summary['kills']} blows in {summary['seconds']} s, seed {summary['seed']}")
    for name in ("kind", "blows", "unavailable ms: p50", "p99", "max", "back ms: p50", "max"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, count in summary["by_kind"].items():
        away, back = summary["unavailable_ms"].get(kind, {}), summary["back_ms"].get(kind, {})
        figures = [*(away.get(name) for name in ("p50", "p99", "max")), back.get("p50"), back.get("max")]
        table.add_row(kind, str(count), *("" if figure is None else f"{figure:,.0f}" for figure in figures))
    console.print(table)
    console.print(
        f"{summary['commands']:,} commands, {summary['orders']:,} orders, {summary['trades']} trades; at "
        f"least {summary['unanswered_min']} commands unanswered at every blow."
    )
    faults = ", ".join(f"{summary[name]} {name}" for name in FAULTS)
    console.print(f"[bold]{faults}[/bold]")
    for problem in summary["problems"]:
        console.print(f"[red]{problem}[/red]", highlight=False)
