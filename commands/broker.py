"""`bulkhead broker`: Pulsar and Redis servers on this machine, for development and tests."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.pulsar import Pulsar, SecuredPulsar
from bulkhead.broker.redis import Redis
from bulkhead.broker.security import write_token
from bulkhead.broker.server import Server, Status, servers

app = typer.Typer(help="Get, start and stop Pulsar and Redis servers on this machine.", no_args_is_help=True)
errors = Console(stderr=True)

FOLDER = Path(".bulkhead") / "broker"

KindArgument = Annotated[Literal["pulsar", "redis"], typer.Argument(help="What kind of server.")]
NameOption = Annotated[
    str, typer.Option(help="Several can run side by side, under different names. Left out: its kind.")
]
FolderOption = Annotated[Path, typer.Option(help="Where their data are kept, in a folder each.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def start(
    kind: KindArgument = "pulsar",
    name: NameOption = "",
    port: Annotated[
        int, typer.Option(help="For clients. 0: as before, else 6650 (Redis: 6379) or a free one.")
    ] = 0,
    web_port: Annotated[
        int, typer.Option(help="For Pulsar's REST API. 0: as before, else 8080 or a free one.")
    ] = 0,
    secure: Annotated[
        bool, typer.Option("--secure", help="Pulsar with TLS, tokens and permissions; it stays so.")
    ] = False,
    folder: FolderOption = FOLDER,
    as_json: JsonOption = False,
) -> None:
    """Start one, fetching it at the first time; returns when it is healthy. What it kept is still there."""
    with _told() as progress:
        if secure and kind != Pulsar.name:
            raise BrokerError(f"--secure is for Pulsar; a {kind} server always asks for a password")
        wanted = SecuredPulsar.name if secure else kind
        server = Server(folder, name or kind, wanted)
        if server.kind.name != wanted:
            raise BrokerError(f"{server.name} is a {server.kind.title} server: choose another --name")
        status = server.start(progress, port, web_port)
    if as_json:
        print(json.dumps(asdict(status)))
        return
    errors.print(
        f"[bold]{status.name}[/bold] is up (pid {status.pid}). In a topology:\n"
        f"{_in_topology(server, status)}\n"
        f"Its data: {status.folder}",
        soft_wrap=True,
        highlight=False,
    )


@app.command()
def token(
    role: Annotated[str, typer.Argument(help="Such as participant.alice@dev.bulkhead.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write, mode 0600.")],
    name: NameOption = "",
    folder: FolderOption = FOLDER,
) -> None:
    """Make a token by which a secured server of this machine knows a role. What it may do is granted
    apart."""
    with _told():
        write_token(Server(folder, name or Pulsar.name).security.token_key, role, output)
    errors.print(f"{output} is a token of {role}.", soft_wrap=True, highlight=False)


@app.command()
def stop(
    kind: KindArgument = "pulsar",
    name: NameOption = "",
    erase: Annotated[bool, typer.Option("--erase", help="Then delete what it keeps.")] = False,
    folder: FolderOption = FOLDER,
    as_json: JsonOption = False,
) -> None:
    """Stop one. What it keeps stays, unless it is to be erased."""
    with _told() as progress:
        server = Server(folder, name or kind, kind)
        ran = server.stop(progress)
        if erase:
            server.erase(progress)
        status = server.status()
    if as_json:
        print(json.dumps({**asdict(status), "ran": ran}))
    else:
        errors.print(f"{server.name} is down." if ran else f"{server.name} does not run.")


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="Default: all of them.", show_default=False)] = None,
    folder: FolderOption = FOLDER,
    as_json: JsonOption = False,
) -> None:
    """What they are doing. Exit status 1 if one is not healthy, or there is none."""
    with _told():
        found = [server.status() for server in ([Server(folder, name)] if name else servers(folder))]
    if as_json:
        print(json.dumps({"servers": [asdict(each) for each in found]}))
    elif found:
        Console().print(_table(found))
    else:
        errors.print(f"There is no server in {folder}: `bulkhead broker start` starts one.")
    raise typer.Exit(0 if found and all(each.healthy for each in found) else 1)


def _in_topology(server: Server, status: Status) -> str:
    if status.kind == Redis.name:
        section, fields = "snapshots", {"adapter": "redis", "url": f"{status.service_url}/0"}
        fields["password_file"] = status.password_file
    else:
        section, fields = "log", {"adapter": "pulsar", "service_url": status.service_url}
        fields["admin_url"] = status.admin_url
    if status.kind == SecuredPulsar.name:
        fields |= {"ca": str(server.security.authority), "token_key": str(server.security.token_key)}
    return "\n".join([f"  {section}:", *(f"    {name}: {value}" for name, value in fields.items())])


def _table(found: list[Status]) -> Table:
    table = Table()
    for column in ("name", "kind", "state", "pid", "clients", "REST API", "data"):
        table.add_column(column, overflow="fold")
    for each in found:
        state = "healthy" if each.healthy else "not healthy" if each.running else "down"
        pid = str(each.pid or "")
        table.add_row(each.name, each.kind, state, pid, each.service_url, each.admin_url, each.folder)
    return table


@contextmanager
def _told() -> Iterator[Callable[[str], None]]:
    """Progress and problems on standard error; a problem ends the command with status 1."""
    with errors.status("") as shown:

        def progress(what: str) -> None:
            shown.update(what)
            if not errors.is_terminal:
                errors.print(what)

        try:
            yield progress
        except BrokerError as problem:
            errors.print(f"[red]{problem}[/red]", soft_wrap=True)
            raise typer.Exit(1) from problem
