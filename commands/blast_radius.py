"""`bulkhead topology blast-radius`: what stops when what fails, from the topology alone."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bulkhead.topology.models import Topology
from bulkhead.topology.radius import NODE, ZONE, Effect, Exchange, Radius
from bulkhead.topology.radius_picture import picture
from bulkhead.topology.radius_told import back_text, of_effect, told
from commands.topology import JsonOption, TopologyOption, read_topology

errors = Console(stderr=True)
WIDTH = 110
NAMES_MAX = 4
"""of shards in one cell of the overview; `blast-radius BOUNDARY` and --json name all"""


def blast_radius(
    boundary: Annotated[
        str | None,
        typer.Argument(
            help="A boundary, or a server: broker, redis, ray. Default: all that can fail.",
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        str | None, typer.Option(help="A machine of the topology's placement.", show_default=False)
    ] = None,
    zone: Annotated[str | None, typer.Option(help="All machines of a zone.", show_default=False)] = None,
    topology: TopologyOption = None,
    as_json: JsonOption = False,
    svg: Annotated[
        Path | None, typer.Option(help="Write a picture into this file too.", show_default=False)
    ] = None,
) -> None:
    """What stops, what degrades and what goes on when a boundary, a node or a zone fails, and how it comes
    back.

    It follows from the streams alone; nothing has to run. `bulkhead chaos --boundary` shows that it is so.
    """
    found, file = read_topology(topology)
    exchange = Exchange(found)
    asked = [boundary, node and f"{NODE}{node}", zone and f"{ZONE}{zone}"]
    chosen = [each for each in asked if each is not None]
    if len(chosen) > 1:
        errors.print("[red]one at a time:[/red] a boundary, --node or --zone")
        raise typer.Exit(1)
    names = (*chosen,) or exchange.names
    if names[0] not in exchange.names:
        errors.print(no_such(exchange, names[0]), highlight=False)
        raise typer.Exit(1)
    if svg is not None:
        try:
            svg.write_text(picture(exchange, names))
        except OSError as problem:
            errors.print(f"[red]the picture was not written:[/red] {problem}", highlight=False)
            raise typer.Exit(1) from problem
    if as_json:
        radii = [told(exchange, name) for name in names]
        text = {"exchange": found.exchange, "file": str(file), "radii": radii}
        typer.echo(json.dumps(text, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console = Console(highlight=False, width=min(console.width, WIDTH) if console.is_terminal else WIDTH)
    console.print(_one(exchange, chosen[0]) if chosen else _all(exchange))


def no_such(exchange: Exchange, name: str) -> str:
    """What to say of a name that is none of a boundary, server, node or zone."""
    return f"[red]there is no boundary {name!r}:[/red] it is one of {', '.join(exchange.names)}"


def _all(exchange: Exchange) -> Table:
    table = _table("when it fails", "stops", "degrades", "goes on", "is back")
    for name in exchange.names:
        radius = exchange.radius(name)
        table.add_row(
            Text(name, "bold cyan"),
            Text("\n".join((_few(of_effect(radius, Effect.STOPS)), _counted(radius))).strip(), "red"),
            Text(_few(list(radius.missed)), "yellow"),
            Text(f"{len(of_effect(radius, Effect.GOES_ON))} of {len(radius.shards)} shards", "green"),
            _back(exchange, name),
        )
    return table


def _one(exchange: Exchange, name: str) -> Table:
    radius = exchange.radius(name)
    table = _table("", f"when {name} fails", show_header=False)
    stops = [
        *of_effect(radius, Effect.STOPS),
        *(_said(exchange.topology, s.way, s.kind) for s in radius.stopped),
    ]
    table.add_row(Text("stops", "bold red"), "\n".join(stops) or "nothing")
    degrades = [f"{shard}: {what}" for shard, its in radius.missed.items() for what in its]
    table.add_row(Text("degrades", "bold yellow"), "\n".join(degrades) or "nothing")
    goes_on = [
        *of_effect(radius, Effect.GOES_ON),
        *(_said(exchange.topology, s.way, s.kind) for s in radius.going_on),
    ]
    table.add_row(Text("goes on", "bold green"), "\n".join(goes_on) or "nothing")
    table.add_row(Text("is back", "bold"), _back(exchange, name))
    return table


def _table(*columns: str, show_header: bool = True) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_header=show_header, show_lines=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _back(exchange: Exchange, name: str) -> str:
    return back_text(name, exchange.recovery(name), exchange.topology.log.adapter)


def _said(topology: Topology, way: tuple[str, ...], kind: str) -> str:
    """A service for people: with instruments instead of their book."""
    books = [shard for shard in way if shard.startswith("book/")]
    instruments = [
        instrument
        for book in books
        for instrument in topology.shards.books[int(book.partition("/")[2])].instruments
    ]
    who = [shard for shard in way if shard.startswith("risk/")]
    if kind in ("commands", "orders"):
        where = f" in {' '.join(instruments)}" if instruments else ""
        return f"{kind} of participants of {who[0]}{where}"
    if kind == "market data":
        return f"market data of {' '.join(instruments)}"
    return {
        "ledger": f"the ledger of {way[0]}",
        "view": f"what {way[0]} shows",
        "decisions": "operators' decisions",
        "time": "time",
        "restarts": "restarts of what dies",
    }[kind]


def _counted(radius: Radius) -> str:
    """Services that stop, of so many of their kind."""
    stopped = Counter(service.kind for service in radius.stopped)
    every = stopped + Counter(service.kind for service in radius.going_on)
    return ", ".join(
        f"{kind} ({count} of {every[kind]})" if every[kind] > 1 else kind for kind, count in stopped.items()
    )


def _few(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return ", ".join(names[:NAMES_MAX]) + more
