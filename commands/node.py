"""`bulkhead node join`: makes this machine a node of an exchange."""

import signal
import threading
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from actors.node import NoToken, join
from bulkhead.errors import FatalError
from bulkhead.installation.state import Installation
from bulkhead.topology.placing import HEAD
from commands.topology import TopologyOption, read_topology

app = typer.Typer(help="The machines that an exchange runs on.", no_args_is_help=True)
errors = Console(stderr=True)


@app.callback()
def group() -> None:
    """The machines that an exchange runs on."""


@app.command("join")
def join_command(
    name: Annotated[
        str, typer.Argument(help="Which of placement.nodes this machine is.", show_default=False)
    ],
    address: Annotated[
        str | None,
        typer.Option(
            help="This machine's, as the other nodes reach it. Default: by which it reaches the head.",
            show_default=False,
        ),
    ] = None,
    topology: TopologyOption = None,
) -> None:
    """Be a node of the exchange, until Ctrl-C or SIGTERM: `up`, typed on the head, starts processes here.

    It waits for the head, and comes back by itself after it was cut off. It needs the topology file, and of
    .bulkhead/NAME beside it ray.token, and keys and tokens that are named by files.
    """
    found, file = read_topology(topology)
    installation = Installation(found, file)
    placement = found.placement
    names = [] if placement is None else [each for each in placement.nodes if each != HEAD]
    if placement is None or name not in names:
        listed = f"there are {', '.join(names)}" if names else "placement.nodes lists none"
        errors.print(f"[red]no node to join has the name {name!r}:[/red] {listed}", highlight=False)
        raise typer.Exit(1)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        join(installation, placement, name, address, errors.print, stop)
    except (NoToken, FatalError) as problem:
        errors.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from problem
