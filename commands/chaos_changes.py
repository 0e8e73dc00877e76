"""`bulkhead chaos --changes`: an exchange is changed while it trades; what is left is judged and replayed."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.machines.factory import make_reference
from bulkhead.topology.derived import shards
from bulkhead.topology.load import load
from chaos.changes import NothingToChange, changes_of
from chaos.changing import Changes, Changing
from commands.chaos_judged import FAULTS, PROBLEMS_SHOWN, faults, is_good, judged
from commands.exchange import bring_up, holding
from commands.flow_run import path
from commands.replay import replay_shard

LINE_EVERY_S = 10.0
COMMAND = (sys.executable, "-m", "cli")


def make_changes(installation: Installation, folder: Path, seed: int, as_json: bool, console: Console) -> int:
    """The exit status."""
    try:
        changes = list(changes_of(installation.topology))
    except NothingToChange as problem:
        console.print(f"[red]Nothing to change:[/red] {problem}", highlight=False)
        return 1
    with holding(installation, console):
        bring_up(installation, console)
        result = Changing(installation, folder, changes, seed, COMMAND, _looking(len(changes), console)).run()
        changed = Installation(load(installation.file), installation.file)
        summary_path = path(changed)
    with console.status("the checker reads everything that was sent and received"):
        found = judged(changed, folder)
    problems = result.problems + found.get("problems", [])[:PROBLEMS_SHOWN]
    if len(result.made) < len(changes):
        problems.append(f"{len(result.made)} of {len(changes)} changes were made")
    else:
        problems += _replayed(changed, result, console)
    summary = {
        "changes": [asdict(each) for each in result.made],
        "undisturbed": result.undisturbed,
        "orders": result.orders,
        "commands": result.commands,
        **faults(found),
        "replayed": len(result.digests),
        "seed": seed,
        "seconds": result.seconds,
        "problems": problems,
        "path": summary_path,
    }
    if not as_json:
        _show(summary, console)
    print(json.dumps(summary), flush=True)
    return 0 if is_good(summary) else 1


def _looking(count: int, console: Console) -> Callable[[Changes], None]:
    next_at = [0.0]

    def look(result: Changes) -> None:
        if time.monotonic() >= next_at[0]:
            next_at[0] = time.monotonic() + LINE_EVERY_S
            text = f"{result.commands:,} commands, {result.unanswered} unanswered; {result.doing}"
            console.print(
                f"{len(result.made)} of {count} changes, {text}", soft_wrap=True, highlight=False, style="dim"
            )

    return look


def _replayed(installation: Installation, result: Changes, console: Console) -> list[str]:
    """What does not come to the same state when its whole log is replayed on the reference engine."""
    different = []
    names = [shard.name for shard in shards(installation.topology) if shard.speaks]
    log, identity = open_log(installation.log_address), identity_of(installation)
    try:
        for name in track(names, description="replaying", console=console, transient=True):
            position = bytes.fromhex(result.positions[name])
            again = replay_shard(log, identity, make_reference(name), position)
            if again["digest"] != result.digests[name]:
                different.append(f"{name}: a replay up to {position.hex()} comes to another state")
    finally:
        log.close()
    return different


def _show(summary: dict[str, Any], console: Console) -> None:
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        title=f"{len(summary['changes'])} changes in {summary['seconds']} s, seed {summary['seed']}",
        title_justify="left",
    )
    table.add_column("", no_wrap=True)
    for name in ("took s", "its waits, ms: p50", "p99", "max", "other waits: p50", "p99", "max"):
        table.add_column(name, justify="right")
    rows = [
        {"name": "undisturbed", "seconds": "", "concerned": {}, "others": summary["undisturbed"]},
        *summary["changes"],
    ]
    for row in rows:
        waits = [row[whose].get(name) for whose in ("concerned", "others") for name in ("p50", "p99", "max")]
        figures = ("" if figure is None else f"{figure:,.0f}" for figure in waits)
        table.add_row(row["name"], str(row["seconds"]), *figures)
    console.print(table)
    console.print(
        f"{summary['commands']:,} commands, {summary['orders']:,} orders, {summary['trades']} trades; "
        f"{summary['replayed']} shards replayed."
    )
    console.print("[bold]" + ", ".join(f"{summary[name]} {name}" for name in FAULTS) + "[/bold]")
    for problem in summary["problems"]:
        console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
