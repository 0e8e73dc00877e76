"""`bulkhead flow replay`: recorded order flow through the running exchange."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from actors.attach import NotRunning
from bulkhead.client.errors import ClientError
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.flow.recording import FlowError
from commands.flow_run import WINDOW, run_flow, show_summary
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Recorded order flow through the running exchange.", no_args_is_help=True)


class Source(StrEnum):
    BITSTAMP = "bitstamp"


@app.callback()
def _group() -> None:
    """Recorded order flow through the running exchange."""


@app.command()
def replay(
    source: Annotated[Source, typer.Option(help="Which recording.")] = Source.BITSTAMP,
    speed: Annotated[
        str, typer.Option(help="max, recorded, or a multiple of the recorded pace such as 10.")
    ] = "max",
    commands: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many. Default: all.", show_default=False)
    ] = None,
    window: Annotated[int, typer.Option(min=1, max=15_000, help="Commands that may be unanswered.")] = WINDOW,
    topology: TopologyOption = None,
) -> None:
    """Replay 30 minutes of Bitstamp's BTC/USD. The last line on standard output is one JSON object."""
    console = Console(stderr=True)
    pace = parse_speed(speed)
    with problems_told(console):
        try:
            summary = run_flow(open_installation(topology), pace, commands, window, console)
        except KeyboardInterrupt:
            console.print("Stopped; what was sent stays.")
            raise typer.Exit(130) from None
    show_summary(summary, console)
    print(json.dumps(summary), flush=True)


@contextmanager
def problems_told(console: Console) -> Iterator[None]:
    """What ends a replay early is said in a line, with exit status 1."""
    try:
        yield
    except (ClientError, FatalError, FlowError, NotRunning, TemporaryError) as problem:
        console.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from problem


def parse_speed(text: str) -> float | None:
    """max: None. recorded: 1. BadParameter for what is no positive number."""
    if text == "max":
        return None
    if text == "recorded":
        return 1.0
    try:
        value = float(text.removesuffix("x"))
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise typer.BadParameter(f"{text!r}: max, recorded, or a multiple of the recorded pace such as 10")
    return value
