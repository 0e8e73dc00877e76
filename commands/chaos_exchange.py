"""The exchange that `bulkhead chaos` breaks: its folder, its log and snapshots, servers of its own."""

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from bulkhead.broker.server import Server, Status, servers
from bulkhead.installation.state import Installation
from bulkhead.topology.load import load
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import TopologyError
from chaos.kinds import BROKER, REDIS
from chaos.servers import KilledServer
from commands.exchange import handling, interrupt, take_down

FOLDER = Path(".bulkhead") / "chaos"

SERVERS = {BROKER: "pulsar", REDIS: "redis"}
"""by what they are to a run: what they are to `bulkhead broker`"""


class LogKind(StrEnum):
    SQLITE = "sqlite"
    PULSAR = "pulsar"


class ReplicasKind(StrEnum):
    NONE = "none"
    STANDBY = "standby"
    ACTIVE = "active"


class IngressKind(StrEnum):
    DIRECT = "direct"
    GATEWAY = "gateway"


class SnapshotsKind(StrEnum):
    FILES = "files"
    REDIS = "redis"


def clear(folder: Path, console: Console) -> None:
    """Take down and delete what an earlier run has left in the folder."""
    file = folder / "topology.yaml"
    if file.exists():
        try:
            before = Installation(load(file), file)
        except TopologyError as problem:
            console.print(
                f"[red]{folder} is of another version, whose topology this one refuses:[/red] end what still "
                f"runs from it, if anything does, and delete it, or name another with --folder. {problem}",
                highlight=False,
            )
            raise typer.Exit(1) from problem
        if before.running() is not None:
            take_down(before, console)
        for server in servers(folder / "servers"):
            server.stop(console.print)
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        console.print(
            f"[red]{folder} is not empty and no chaos run made it:[/red] name another one with --folder",
            soft_wrap=True,
        )
        raise typer.Exit(1)


def stores(
    topology: Topology,
    log: LogKind,
    snapshots: SnapshotsKind | None,
    start: Callable[[str], tuple[Status, KilledServer]],
) -> tuple[dict[str, Any], list[KilledServer]]:
    """What the topology has to say of log and snapshots, and the servers that may be killed."""
    changes: dict[str, Any] = {"snapshots": {"adapter": "files"}}
    killed = []
    if log is LogKind.SQLITE:
        changes["log"] = {"adapter": "sqlite", "durability": topology.log.durability}
    elif topology.log.adapter == "pulsar":
        # Beside the exchange that the topology describes, which may be there too.
        changes["log"] = topology.log.model_dump(exclude_none=True)
        changes["exchange"] = f"{topology.exchange}-chaos"
    else:
        status, server = start(BROKER)
        urls = {"service_url": status.service_url, "admin_url": status.admin_url}
        changes["log"] = {"adapter": "pulsar", **urls}
        killed.append(server)
    if snapshots is SnapshotsKind.REDIS or (snapshots is None and log is LogKind.PULSAR):
        status, server = start(REDIS)
        changes["snapshots"] = {
            "adapter": "redis",
            "url": f"{status.service_url}/0",
            "password_file": status.password_file,
        }
        killed.append(server)
    return changes, killed


def own_server(stack: ExitStack, folder: Path, console: Console, kind: str) -> tuple[Status, KilledServer]:
    """A server that runs until the stack is closed; what it keeps stays in the folder."""
    server = Server(folder / "servers", kind, SERVERS[kind])
    killed = KilledServer(kind, lambda: server.status().pid, lambda: server.start(lambda _: None))

    def stop() -> None:
        with handling(lambda *_: None):
            killed.settle()
            server.stop(console.print)

    stack.callback(stop)
    stack.enter_context(handling(interrupt))
    return server.start(console.print, standard_ports=False), killed
