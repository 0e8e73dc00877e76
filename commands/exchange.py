"""`bulkhead up`, `down` and `status`: one exchange on this machine."""

import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.attach import NoAnswer, NotRunning, attached, call, call_restarted
from actors.change import Change
from actors.launches import engines_of
from actors.process import StartFailed
from actors.processes import stop
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.ground import undecided, warnings
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.state import Installation, Running
from bulkhead.log.open import erase_log
from bulkhead.snapshots.open import erase_snapshots
from bulkhead.topology.derived import shards
from bulkhead.views.open import erase_pages
from commands.carry_out import carry_out
from commands.engine import UpEngine, engine_or_stop
from commands.opened import open_installation
from commands.topology import TopologyOption
from commands.topology_plan import planned_with_needs

errors = Console(stderr=True)


def up(
    topology: TopologyOption = None,
    engine: UpEngine = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Hold it: Ctrl-C takes it down.")] = False,
    dashboard: Annotated[
        bool, typer.Option(help="Ray's dashboard with it: a quarter of what starting costs.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Where it runs, as one JSON object on standard output.")
    ] = False,
) -> None:
    """Start the exchange that the topology describes; returns when every shard is ready.

    Exit status 1 if it did not start, or runs without a boundary that is halted; 2 if its engine is not
    built.
    """
    installation = open_installation(topology, engine, dashboard)
    if not foreground:
        running = bring_up(installation, errors)
        tell_where(installation, running, errors, as_json)
        errors.print("Next: `bulkhead status`, `bulkhead watch`, `bulkhead flow replay`, `bulkhead down`.")
        raise typer.Exit(1 if running.problem else 0)
    if installation.running() is not None:
        errors.print(f"{installation.topology.exchange} runs already: `bulkhead down` takes it down.")
        raise typer.Exit(1)
    with suppress(KeyboardInterrupt), holding(installation, errors):
        tell_where(installation, bring_up(installation, errors), errors, as_json)
        errors.print("Ctrl-C takes it down.")
        signal.pause()


def down(
    topology: TopologyOption = None,
    erase: Annotated[
        bool, typer.Option("--erase", help="Then delete its log, snapshots and development keys.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
) -> None:
    """Stop the exchange: every shard between two steps, then Ray. Its state stays."""
    installation = open_installation(topology)
    take_down(installation, errors)
    if not erase:
        return
    if not installation.topology.development:
        errors.print("Not erased: this is no development exchange (development: false).")
        raise typer.Exit(1)
    kept = f"the log {installation.log_address} and the snapshots {installation.snapshots_address}"
    if installation.views_address:
        kept += f" and the pages of {installation.views_address}"
    if not yes:
        typer.confirm(f"Delete {installation.directory}, {kept}?", abort=True)
    try:
        # First: a folder that is left can be erased again, a log without its folder would be another's.
        erase_log(installation.log_address)
        erase_snapshots(installation.snapshots_address)
        if installation.views_address:
            erase_pages(installation.views_address)
    except (FatalError, TemporaryError) as problem:
        errors.print(f"[red]Not erased:[/red] {escape(str(problem))}")
        raise typer.Exit(1) from problem
    shutil.rmtree(installation.directory, ignore_errors=True)
    errors.print("Erased.")


def status(
    shard: Annotated[
        str | None,
        typer.Argument(help="Such as risk/0: its position, sequences and digests.", show_default=False),
    ] = None,
    topology: TopologyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """What every shard and boundary is doing.

    Exit status 1 if anything is halted, superseded by another exchange's process or waits for a node, or
    nothing runs.
    """
    installation = open_installation(topology)
    try:
        with attached(installation) as running:
            if shard is not None:
                _tell_shard(shard, installation, as_json)
                return
            found_status = call_restarted("supervisor", "status")
    except NoAnswer as problem:
        errors.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True, highlight=False)
        raise typer.Exit(1) from problem
    except NotRunning as problem:
        if as_json:
            print(json.dumps({"exchange": installation.topology.exchange, "running": False}))
        errors.print(str(problem))
        raise typer.Exit(1) from problem
    if as_json:
        print(
            json.dumps(
                {
                    "exchange": installation.topology.exchange,
                    "running": True,
                    "dashboard": running.dashboard,
                    "engine": running.engine,
                    **found_status,
                }
            )
        )
    else:
        _show(found_status, Console())
    halted = any(boundary["halted"] for boundary in found_status["boundaries"].values())
    over = any(shard["state"] in ("halted", "superseded", "waiting") for shard in found_status["shards"])
    raise typer.Exit(1 if halted or over else 0)


def bring_up(installation: Installation, console: Console) -> Running:
    """What `topology apply --yes` does to an exchange that does not run. Exits with what is wrong."""
    name = installation.topology.exchange
    running = installation.running()
    if running is not None:
        console.print(f"{name} runs already (pid {running.pid}): `bulkhead topology apply` changes it.")
        return running
    for engine in engines_of(installation):
        engine_or_stop(engine)
    try:
        with Change(installation) as change:
            planned, _ = planned_with_needs(installation, change)
            for warning in warnings(installation, planned):
                console.print(warning, style="yellow", markup=False, highlight=False, soft_wrap=True)
            carry_out(change, undecided(planned), console)
    except (KeyMissing, StartFailed, NotRunning, FatalError, TemporaryError) as problem:
        console.print(f"[red]{name} did not start:[/red] {escape(str(problem))}", soft_wrap=True)
        raise typer.Exit(1) from problem
    running = installation.running()
    if running is None:
        console.print(f"[red]{name} has ended again:[/red] read {installation.head_log}")
        raise typer.Exit(1)
    return running


def take_down(installation: Installation, console: Console) -> None:
    """Stop what runs; nothing of it is left when this returns."""
    if installation.running() is None:
        stop(installation)
        console.print(f"{installation.topology.exchange} does not run.")
        return
    with console.status(f"stopping {installation.topology.exchange}"):
        problem = stop(installation)
    if problem:
        console.print(f"[yellow]The shards were not asked to stop: {escape(problem)}[/yellow]")
    console.print(f"{installation.topology.exchange} is down.")


def tell_where(installation: Installation, running: Running, console: Console, as_json: bool = False) -> None:
    if as_json:
        where = {
            "exchange": installation.topology.exchange,
            "running": True,
            "pid": running.pid,
            "state": str(installation.directory),
            "connection": str(installation.connection_path),
            "dashboard": running.dashboard,
            "engine": running.engine,
            "token": str(installation.token_path),
            "shards": running.shards,
            "halted": running.problem,
        }
        print(json.dumps(where), flush=True)
        return
    told = (
        f"[bold]{installation.topology.exchange}[/bold] is up, {len(running.shards)} shards, "
        f"engine {running.engine}. "
        f"State: {installation.directory}"
    )
    if running.dashboard:
        told += (
            f"\nRay dashboard: {running.dashboard}\n"
            f"To sign in, paste the token in {installation.token_path} (or send it as the header "
            f"`Authorization: Bearer TOKEN`)."
        )
    console.print(told, soft_wrap=True, highlight=False)
    if running.problem:
        halted = f"[red]Halted, while the rest trades:[/red] {escape(running.problem)}"
        console.print(halted, soft_wrap=True, highlight=False)


INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a polite kill, the terminal's end."""


def interrupt(*_: object) -> None:
    """For `handling`: as Ctrl-C does it."""
    raise KeyboardInterrupt


@contextmanager
def handling(handler: Callable[..., object]) -> Iterator[None]:
    """While the block lasts each of INTERRUPTS calls `handler`."""
    before = [signal.signal(number, handler) for number in INTERRUPTS]
    try:
        yield
    finally:
        for number, earlier in zip(INTERRUPTS, before, strict=True):
            signal.signal(number, earlier)


def on_interrupt(stop: threading.Event) -> AbstractContextManager[None]:
    """While the block lasts an interrupt sets `stop` instead of raising in the middle of something."""
    return handling(lambda *_: stop.set())


@contextmanager
def holding(installation: Installation, console: Console) -> Iterator[None]:
    """Whatever interrupts the block, the exchange is taken down when it ends: nothing is left running."""

    with handling(interrupt):
        try:
            yield
        finally:
            with handling(lambda *_: None):
                take_down(installation, console)


def _tell_shard(shard: str, installation: Installation, as_json: bool) -> None:
    """One actor's own answer: a view has several machines, every other kind one."""
    names = [each.name for each in shards(installation.topology) if each.kind != "supervisor"]
    if shard not in names:
        errors.print(f"[red]there is no shard {shard}[/red]; there are {', '.join(names)}", highlight=False)
        raise typer.Exit(2)
    machines = call(shard, "inspect")
    if as_json:
        print(json.dumps({"shard": shard, "machines": machines}))
        return
    for machine in machines:
        table = Table(title=machine["shard"], show_header=False)
        for name, value in machine.items():
            if name == "inputs":
                value = "\n".join(f"{source}: {last}" for source, last in value.items())
            elif name == "outputs":
                value = "\n".join(
                    f"{where}: {sent['sequence']}  {sent['digest'][:16]}…" for where, sent in value.items()
                )
            table.add_row(name.replace("_", " "), str(value))
        Console().print(table)


def _doing(shard: dict[str, Any]) -> str:
    """Its state; of one of several replicas that runs, which it is."""
    return str(shard["role"] or shard["state"]) if shard["state"] == "running" else str(shard["state"])


def _show(found_status: dict[str, Any], console: Console) -> None:
    """A table that fits 80 columns, and under it in full what is wrong."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    nodes = found_status["nodes"]
    for name in ("shard", "boundary", *(["node"] if nodes else [])):
        table.add_column(name, no_wrap=True)
    table.add_column("pid", justify="right")
    table.add_column("state", no_wrap=True)
    for name in ("restarts", "lag", "events", *([] if nodes else ["refused"])):  # there is no room for both
        table.add_column(name, justify="right")
    problems = []
    for shard in found_status["shards"]:
        halted = found_status["boundaries"][shard["boundary"]]["halted"]
        bad = halted or shard["state"] in ("halted", "superseded", "down", "silent", "waiting")
        table.add_row(
            shard["title"],
            shard["boundary"],
            *([shard["node"]] if nodes else []),
            str(shard["pid"] or ""),
            f"[red]{shard['state']}[/red]" if bad else _doing(shard),
            str(shard["restarts"]),
            str(shard["lag"]),
            f"{shard['events']:,}",
            *([] if nodes else [str(shard["refused"])]),
        )
        if shard["state"] == "silent":
            problems.append(f"{shard['shard']} does not answer; its loop is in step {shard['step']}")
        if shard["quarantined"] and shard["role"] in ("", "primary"):
            halts = ", ".join(shard["quarantined"])
            problems.append(f"{shard['replica_of']} has halted {halts}: `bulkhead quarantine list`")
        if shard["last_error"] and shard["state"] != "waiting":  # its node is told of, once
            problems.append(f"{shard['shard']}: {shard['last_error']}")
    problems += [
        f"the node {name} is away: `bulkhead node join {name}`, typed there"
        for name, address in nodes.items()
        if not address
    ]
    problems += [
        f"boundary {name} is halted: {boundary['halted']}"
        for name, boundary in found_status["boundaries"].items()
        if boundary["halted"]
    ]
    builds: dict[str, list[str]] = {found_status["build"]: ["supervisor"]}
    for shard in found_status["shards"]:
        if shard["build"]:  # else its process has not answered yet
            builds.setdefault(shard["build"], []).append(shard["shard"])
    if len(builds) > 1:
        told = "; ".join(f"{build}: {', '.join(names)}" for build, names in builds.items())
        problems.append(f"not all are of one build ({told}): `bulkhead upgrade --build`")
    console.print(table)
    for problem in problems:
        console.print(problem, style="red", markup=False, highlight=False)
