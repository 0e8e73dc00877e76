"""`bulkhead hold`: an exchange on a Ray cluster that somebody else has started, as on Kubernetes."""

import os
import threading
from typing import Annotated

import typer

from actors.health import Health, served
from actors.hold import hold as held
from bulkhead.errors import FatalError
from bulkhead.files import write_private
from bulkhead.installation.keys import KeyMissing
from commands.exchange import on_interrupt
from commands.opened import open_installation
from commands.topology import TopologyOption


def hold(
    topology: TopologyOption = None,
    listen: Annotated[
        str, typer.Option("--listen", metavar="HOST:PORT", help="Where it tells its health over HTTP.")
    ] = "127.0.0.1:8081",
) -> None:
    """Found the exchange, have it supervised, tell its health, on a Ray cluster that is there.

    RAY_ADDRESS says where its GCS is, HOST:PORT; RAY_AUTH_TOKEN has its token. The cluster has a node for
    each boundary (docs/kubernetes.md). Every shard trades on when this ends. Exit status 1: it can't be
    founded.
    """
    address = os.environ.get("RAY_ADDRESS", "")
    if not address:
        _stop("RAY_ADDRESS is not set: it says where the Ray cluster is, HOST:PORT")
    host, _, port = listen.rpartition(":")
    if not port.isdecimal():
        _stop(f"--listen {listen} is no HOST:PORT; such as 0.0.0.0:8081")
    installation = open_installation(topology)
    if token := os.environ.get("RAY_AUTH_TOKEN"):
        write_private(installation.token_path, token.encode())
    health, stop = Health(), threading.Event()
    try:
        with on_interrupt(stop), served(health, host, int(port)):
            held(installation, address, health, stop)
    except (FatalError, KeyMissing, OSError) as problem:
        _stop(str(problem))


def _stop(problem: str) -> None:
    typer.echo(f"bulkhead hold: {problem}", err=True)
    raise typer.Exit(1)
