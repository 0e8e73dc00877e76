"""Where each process is to be, and is, and what boundaries have for themselves on nodes: shown with a plan
where an exchange has several machines.
"""

from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from actors.attach import NotRunning, attached, call
from actors.rooms import GRANTED
from bulkhead.installation.state import Installation
from bulkhead.topology.placement import Grounds


class Placed(NamedTuple):
    """Both empty where there is only one machine."""

    processes: list[dict[str, Any]]
    """of the topology: `wanted`, as text, and `live`, the node that it is on; None: it does not run"""
    rooms: list[dict[str, str]]
    """of the exchange that runs, as the supervisor tells of them"""

    @property
    def not_granted(self) -> list[str]:
        """Each room that its boundary does not have, and why."""
        return [
            f"the room of {room['boundary']} on {room['node']} ({room['has']}) {room['state']}"
            for room in self.rooms
            if room["state"] != GRANTED
        ]


def placement(installation: Installation) -> Placed:
    if installation.topology.placement is None:
        return Placed([], [])
    status = _status(installation)
    supervisor = {"shard": "supervisor", "node": "head", "pid": status["pid"]}
    live = {row["shard"]: row["node"] for row in (supervisor, *status["shards"]) if row["pid"]}
    processes = [
        {"process": process.name, "wanted": str(place), "live": live.get(process.name)}
        for process, place in Grounds(installation.topology).places.items()
    ]
    return Placed(processes, status["rooms"])


def draw_placement(placed: Placed, console: Console) -> None:
    found = placed.processes
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
    _draw_rooms(placed.rooms, console)


def _draw_rooms(rooms: list[dict[str, str]], console: Console) -> None:
    if not rooms:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("boundary", "on", "has for itself", "is"):
        table.add_column(name, overflow="fold")
    for room in rooms:
        state = room["state"] if room["state"] == GRANTED else f"[yellow]{room['state']}[/yellow]"
        table.add_row(room["boundary"], room["node"], room["has"], state)
    console.print(table)


def _status(installation: Installation) -> dict[str, Any]:
    try:
        with attached(installation):
            status: dict[str, Any] = call("supervisor", "status")
    except NotRunning:
        return {"pid": 0, "shards": [], "rooms": []}
    return status
