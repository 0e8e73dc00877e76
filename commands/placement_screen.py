"""Where each process is to be, and is: shown with a plan where an exchange has several machines."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from actors.attach import NotRunning, attached, call
from bulkhead.installation.state import Installation
from bulkhead.topology.placement import Grounds


def placement(installation: Installation) -> list[dict[str, Any]]:
    """Of each process of the topology: `wanted`, as text, and `live`, the node that it is on; None: it does
    not run. [] where there is only one machine.
    """
    if installation.topology.placement is None:
        return []
    live = _live(installation)
    return [
        {"process": process.name, "wanted": str(place), "live": live.get(process.name)}
        for process, place in Grounds(installation.topology).places.items()
    ]


def draw_placement(found: list[dict[str, Any]], console: Console) -> None:
    if not found:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("process", "wanted on", "is on"):
        table.add_column(name)
    for each in found:
        there = each["live"] or ""
        elsewhere = each["wanted"].split()[0].rstrip(",") != there
        table.add_row(each["process"], each["wanted"], f"[yellow]{there}[/yellow]" if elsewhere else there)
    console.print(table)


def _live(installation: Installation) -> dict[str, str]:
    try:
        with attached(installation):
            status = call("supervisor", "status")
    except NotRunning:
        return {}
    supervisor = {"shard": "supervisor", "node": "head", "pid": status["pid"]}
    return {row["shard"]: row["node"] for row in (supervisor, *status["shards"]) if row["pid"]}
