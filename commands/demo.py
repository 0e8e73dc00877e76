"""`bulkhead demo`: an exchange of its own, real order flow through it, a summary that adds up."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.state import Installation
from bulkhead.log.open import erase_log
from bulkhead.topology.layers import text_of
from bulkhead.topology.load import load
from bulkhead.topology.problems import TopologyError
from commands.engine import UpEngine
from commands.exchange import bring_up, holding, take_down, tell_where
from commands.flow import parse_speed, problems_told
from commands.flow_run import WINDOW, run_flow, show_summary
from commands.topology import TopologyOption, read_topology

FOLDER = Path(".bulkhead") / "demo"


def demo(
    speed: Annotated[str, typer.Option(help="max, recorded, or a multiple of its pace.")] = "max",
    commands: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many. Default: all.", show_default=False)
    ] = None,
    window: Annotated[int, typer.Option(min=1, max=15_000, help="Commands that may be unanswered.")] = WINDOW,
    folder: Annotated[
        Path, typer.Option(help="Where the demo's exchange lives; what is there is deleted first.")
    ] = FOLDER,
    topology: TopologyOption = None,
    engine: UpEngine = None,
    dashboard: Annotated[bool, typer.Option(help="Ray's dashboard with it.")] = False,
) -> None:
    """Start a fresh exchange, replay 30 minutes of real BTC/USD order flow, check the sums, stop.

    It is the exchange of the topology file, in a folder of its own, which stays until the next demo. The last
    line on standard output is one JSON object.
    """
    console = Console(stderr=True)
    pace = parse_speed(speed)
    installation = _fresh(read_topology(topology)[1], folder, engine, dashboard, console)
    try:
        with problems_told(console), holding(installation, console):
            tell_where(installation, bring_up(installation, console), console)
            console.print(
                f"In another terminal: `bulkhead watch BTC-USD --topology {installation.file}`.",
                soft_wrap=True,
                highlight=False,
            )
            summary = run_flow(installation, pace, commands, window, console)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    show_summary(summary, console)
    console.print(
        f"Every frame is kept: `bulkhead replay --topology {installation.file}` derives each shard again."
    )
    print(json.dumps(summary), flush=True)
    raise typer.Exit(0 if summary["ledger_balanced"] else 1)


def _fresh(
    topology_file: Path, folder: Path, engine: str | None, dashboard: bool, console: Console
) -> Installation:
    """A copy of the topology in an empty folder: the demo touches no other exchange."""
    copy = folder / "topology.yaml"
    if copy.exists():
        before = _made_before(copy, console)
        if before.running() is not None:
            take_down(before, console)
        _erase_log(before, console)
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        console.print(
            f"[red]{folder} is not empty and no demo made it:[/red] name another one with --folder",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    copy.write_text(text_of(topology_file))
    return Installation(load(copy), copy, engine, dashboard)


def _made_before(copy: Path, console: Console) -> Installation:
    try:
        return Installation(load(copy), copy)
    except TopologyError as error:
        console.print(
            f"[red]A demo of another version lived in {copy.parent}:[/red] {escape(str(error.problems[0]))}\n"
            "Delete that folder, or name another one with --folder."
        )
        raise typer.Exit(1) from error


def _erase_log(before: Installation, console: Console) -> None:
    """Only what the demo before has founded: a log on a broker may be another exchange's."""
    if not (before.directory / "genesis.json").exists():
        return
    try:
        erase_log(before.log_address)
    except (FatalError, TemporaryError) as problem:
        console.print(f"[red]the log of the demo before can't be erased:[/red] {escape(str(problem))}")
        raise typer.Exit(1) from problem
