"""`bulkhead repair`: where a shard stands that says FATAL, and an operator's ways on."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from bulkhead.client.decimals import asset_scale
from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.decisions import decide
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.machines.interface import EventImpossible, MachineRaised, StreamBroken
from bulkhead.repair import ways
from bulkhead.repair.appended import appended
from bulkhead.repair.events import from_json, to_json
from bulkhead.repair.examine import Standing, examine
from bulkhead.repair.held import Held, held
from bulkhead.repair.resend import Lost
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from bulkhead.wire.codec import describe
from commands.decision import ReasonOption, errors, stop, take
from commands.engine import EngineOption, engine_or_stop
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(
    help="Where a shard stands that says FATAL, and the ways on. A book given up.", no_args_is_help=True
)

ShardArgument = Annotated[str, typer.Argument(help="Such as book/0.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

LATE_FILLS = (
    "Fills that its book has not told yet, or will make of what waits for it, still count, and may leave"
    " accounts short"
)


@app.command()
def look(
    shards: Annotated[list[str] | None, typer.Argument(help="Such as book/0. Default: all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Derive shards from their newest snapshots, and say where one can't go on, and which commands can help.

    Changes nothing, and needs no running exchange. Exit status 1 if a shard can't go on, or something is
    lost.
    """
    installation = open_installation(topology)
    sources = _speaking(installation)
    names = [_known(installation, name) for name in shards or sources]
    console = Console()
    wrong = 0
    with _opened(installation, engine) as opened:
        for name in track(names, description="deriving", console=errors, transient=True):
            standing, lost, _ = ways.look(opened, name, sources)
            wrong += standing is not None or bool(lost)
            if as_json:
                print(json.dumps(_facts(name, standing, lost)))
            else:
                _show(name, standing, lost, console)
    if not wrong and not as_json:
        console.print("Every shard that was looked at can go on to the end of its partition.")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def resend(
    shard: ShardArgument,
    reason: ReasonOption,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Give a shard again what its partition has lost, derived again from the streams' sources.

    Where it stands before a hole, the lost events are read there from then on; those of which no later frame
    tells yet, where it stands too. Where it stands nowhere, they are appended to its partition.
    """
    installation = open_installation(topology)
    partition = input_partition(_known(installation, shard))
    with _opened(installation, engine) as opened:
        found = ways.look(opened, shard, _speaking(installation))
        lost = found.lost
        if found.standing is None:
            for source in appended(opened, shard, lost, time.time_ns() // 1000):
                source.flush()
                source.close()
        else:
            _standing(found.standing, "resend")
            lost = found.here
            messages = ways.resend(opened, found, reason)
            for message in track(messages, description="resending", console=errors, transient=True):
                take(reason, partial(decide, installation, message))
    if not lost:
        stop(f"{partition} has lost nothing that its sources' snapshots know of")
    for each in lost:
        errors.print(f"{shard} is given events {each.first} to {each.last} of {each.source} again.")
    for each in found.lost:
        if each not in lost:
            errors.print(
                f"{partition} lacks events {each.first} to {each.last} of {each.source} too, further on: run"
                f" this again when {shard} has gone on"
            )


@app.command()
def skip(
    shard: ShardArgument,
    reason: ReasonOption,
    yes: YesOption = False,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Go on behind what a shard can't pass: lost events, or one that cannot be. Says what it costs."""
    installation = open_installation(topology)
    message = ways.skip(_stands(installation, shard, "skip", engine), reason)
    _ask(message.cost, yes)
    take(reason, lambda: decide(installation, message))
    _told(shard, message.cost)


@app.command()
def substitute(
    shard: ShardArgument,
    event: Annotated[
        Path, typer.Argument(help="JSON, as `look --json` shows the event: what to apply instead.")
    ],
    reason: ReasonOption,
    yes: YesOption = False,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Have another event applied in the place of the one that a shard can't pass."""
    installation = open_installation(topology)
    standing = _stands(installation, shard, "substitute", engine)
    message = ways.substitute(standing, _read_event(event), reason)
    _ask(message.cost, yes)
    take(reason, lambda: decide(installation, message))
    _told(shard, message.cost)


@app.command()
def drop(
    shard: ShardArgument,
    reason: ReasonOption,
    yes: YesOption = False,
    engine: EngineOption = None,
    topology: TopologyOption = None,
) -> None:
    """Make a dead letter of the frame that a shard can't pass, such as one that somebody has forged."""
    installation = open_installation(topology)
    message = ways.drop(_stands(installation, shard, "drop", engine), reason)
    _ask(f"{message.cost}. If its sender is honest, the next frame of it will be a gap", yes)
    take(reason, lambda: decide(installation, message))
    _told(shard, message.cost)


@app.command()
def release_orders(
    instrument: Annotated[str, typer.Argument(help="Such as BTC-USD.")],
    reason: ReasonOption,
    yes: YesOption = False,
    topology: TopologyOption = None,
) -> None:
    """End every order of an instrument whose book is lost, and free what they hold. Says what that is.

    The book need not run; when it does again it takes the orders off, and stays halted.
    """
    installation = open_installation(topology)
    risk_shards = [name for name in _speaking(installation) if name.startswith("risk/")]
    with _opened(installation) as opened:
        found = held(opened.log, opened.identity, opened.snapshots, risk_shards, instrument)
    cost = _released(found, instrument)
    _ask(f"{cost}. {LATE_FILLS}", yes)
    take(reason, lambda: decide(installation, ReleaseOrders(instrument, reason)))
    errors.print(f"Risk shards are told: {escape(cost)}.", soft_wrap=True)


def _released(found: Held, instrument: str) -> str:
    amounts = [
        f"{asset_scale(asset_id, found.decimals[asset_id]).to_decimal(units):,f} {asset_id}"
        for asset_id, units in sorted(found.reserved.items())
    ]
    counts = f"{found.orders:,}, of participants: {len(found.participants):,}"
    free = ", ".join(amounts) or "nothing"
    return f"{instrument} is halted; its orders end: {counts}; what was reserved for them is free: {free}"


@contextmanager
def _opened(installation: Installation, engine: Engine | None = None) -> Iterator[ways.Sources]:
    make = partial(make_machine, engine=engine_or_stop(engine))
    try:
        identity = identity_of(installation)
        with (
            closing(open_log(installation.log_address)) as log,
            closing(open_snapshots(installation.snapshots_address)) as snapshots,
        ):
            yield ways.Sources(log, identity, snapshots, make)
    except (FatalError, TemporaryError, FileNotFoundError, ValueError) as problem:
        stop(str(problem))


def _speaking(installation: Installation) -> list[str]:
    return [shard.name for shard in derived.shards(installation.topology) if shard.speaks]


def _known(installation: Installation, shard: str) -> str:
    names = _speaking(installation)
    if shard not in names:
        stop(f"no such shard: {shard}; there are {', '.join(names)}")
    return shard


def _standing(standing: Standing, way: str) -> Standing:
    """It, if that way leads on."""
    if way not in standing.ways:
        ways = ", ".join(standing.ways) or "none of these commands"
        stop(f"`{way}` does not help {standing.shard}: {standing.problem}. What can: {ways}")
    return standing


def _stands(installation: Installation, shard: str, way: str, engine: Engine | None) -> Standing:
    """Where it stands, if that way leads on."""
    with _opened(installation, engine) as opened:
        log, identity, snapshots, make = opened
        standing = examine(log, identity, snapshots, _known(installation, shard), make)
    if standing is None:
        stop(f"{shard} can go on to the end of its partition: there is nothing to repair")
    return _standing(standing, way)


def _facts(shard: str, standing: Standing | None, lost: list[Lost]) -> dict[str, Any]:
    facts: dict[str, Any] = {"shard": shard, "stands": standing is not None}
    if lost:
        facts["lost"] = [each._asdict() for each in lost]
    if standing is None:
        return facts
    problem = standing.problem
    facts |= {"position": standing.position.hex(), "problem": str(problem), "ways": standing.ways}
    if isinstance(problem, StreamBroken):
        facts |= {"source": problem.source, "taken": problem.last, "next": problem.first}
    elif isinstance(problem, EventImpossible | MachineRaised):
        facts |= {"source": problem.source, "sequence": problem.sequence, "event": to_json(problem.event)}
    return facts


def _show(shard: str, standing: Standing | None, lost: list[Lost], console: Console) -> None:
    told = []
    if standing is not None:
        problem = standing.problem
        told += [f"{shard} stands before {standing.position.hex() or 'its first frame'}", f"  {problem}"]
        if isinstance(problem, EventImpossible | MachineRaised):
            told.append(f"  {describe(problem.event)}")
        ways = ", ".join(f"`bulkhead repair {way}`" for way in standing.ways)
        told.append(f"  what can help: {ways or 'docs/operations.md, A shard says FATAL'}")
    for each in lost:
        told.append(
            f"{shard} will miss events {each.first} to {each.last} of {each.source}: `bulkhead repair resend`"
        )
    for line in told:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _read_event(file: Path) -> bytes:
    try:
        return from_json(json.loads(file.read_text()))
    except (OSError, ValueError) as problem:
        stop(f"{file}: {problem}")


def _ask(cost: str, yes: bool) -> None:
    errors.print(escape(cost), soft_wrap=True)
    if not yes and not typer.confirm("Decide so?", err=True):
        raise typer.Exit(1)


def _told(shard: str, what: str) -> None:
    errors.print(f"{shard} is told: {escape(what)}. `bulkhead status` says when it goes on.", soft_wrap=True)
