"""`bulkhead repair`: where a shard stands that says FATAL, and an operator's ways on."""

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import track

from bulkhead.client.decimals import asset_scale
from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.quarantine import EventReplaced, FrameDropped, FrameResent, LossAccepted
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.decisions import decide
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition, make_machine
from bulkhead.machines.interface import EventImpossible, MachineRaised, StreamBroken
from bulkhead.repair.events import from_json, to_json
from bulkhead.repair.examine import Standing, bring_up, examine
from bulkhead.repair.held import Held, held
from bulkhead.repair.resend import Lost, Piece, said_again, silently_lost
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.snapshots.open import open_snapshots
from bulkhead.snapshots.port import SnapshotStore
from bulkhead.topology import derived
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import describe
from bulkhead.wire.frame import read_frame
from commands.decision import ReasonOption, errors, stop, take
from commands.exchange import open_installation
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


class Examined(NamedTuple):
    """What the commands need of an installation, open."""

    log: Log
    identity: Identity
    snapshots: SnapshotStore


@app.command()
def look(
    shards: Annotated[list[str] | None, typer.Argument(help="Such as book/0. Default: all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
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
    with _opened(installation) as opened:
        for name in track(names, description="deriving", console=errors, transient=True):
            standing, lost = _looked_at(opened, name, sources)
            wrong += standing is not None or bool(lost)
            if as_json:
                print(json.dumps(_facts(name, standing, lost)))
            else:
                _show(name, standing, lost, console)
    if not wrong and not as_json:
        console.print("Every shard that was looked at can go on to the end of its partition.")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def resend(shard: ShardArgument, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Give a shard again what its partition has lost, derived again from the streams' sources.

    Where it stands before a hole, the lost events are read there from then on; those of which no later frame
    tells yet, where it stands too. Where it stands nowhere, they are appended to its partition.
    """
    installation = open_installation(topology)
    partition = input_partition(_known(installation, shard))
    with _opened(installation) as opened:
        standing, lost = _looked_at(opened, shard, _speaking(installation))
        if standing is not None:
            broken = _standing(standing, "resend").problem
            assert isinstance(broken, StreamBroken)  # its ways
            # What it stands before comes last: when it has read that it goes on, and nothing is left to say.
            lost = [*lost, Lost(broken.source, broken.last + 1, broken.first - 1)]
        pieces = [(each.source, piece) for each in lost for piece in said_again(*opened, each, partition)]
        if standing is None:
            _append(opened, partition, pieces)
        else:
            assert isinstance(standing.problem, StreamBroken)
            _check(standing.problem, [piece for source, piece in pieces if source == lost[-1].source])
            _resend_at(installation, standing, pieces, reason)
    if not lost:
        stop(f"{partition} has lost nothing that its sources' snapshots know of")
    for each in lost:
        errors.print(f"{shard} is given events {each.first} to {each.last} of {each.source} again.")


def _looked_at(opened: Examined, shard: str, sources: list[str]) -> tuple[Standing | None, list[Lost]]:
    machine = make_machine(shard)
    standing = bring_up(*opened, shard, machine)
    return standing, silently_lost(*opened, sources, input_partition(shard), machine.streams().inputs)


def _resend_at(
    installation: Installation, standing: Standing, pieces: list[tuple[str, Piece]], reason: str
) -> None:
    for source, piece in track(pieces, description="resending", console=errors, transient=True):
        count, body = len(piece.events), piece.body
        message = FrameResent(
            standing.shard, standing.position, source, piece.first, piece.crc, count, body, reason
        )
        take(reason, partial(decide, installation, message))


def _append(opened: Examined, partition: str, pieces: list[tuple[str, Piece]]) -> None:
    """As their sources would have. Should one speak meanwhile, its shard stands before a hole, as without."""
    for name, piece in pieces:
        sealer = MacSealer(opened.identity.mac_key)
        producer = f"repair/{name}/{piece.first}"
        source = Source(
            opened.log, opened.identity, name, partition, sealer, producer, piece.first - 1, piece.crc
        )
        source.send(piece.events, time.time_ns() // 1000)
        source.flush()
        source.close()


def _check(broken: StreamBroken, pieces: list[Piece]) -> None:
    """The last of them leads to what stands behind the hole."""
    if pieces[-1].crc_after != broken.crc:
        stop(
            f"{broken.source} says other events again than those that were lost: its partition, or its"
            f" version, is another one"
        )


@app.command()
def skip(
    shard: ShardArgument, reason: ReasonOption, yes: YesOption = False, topology: TopologyOption = None
) -> None:
    """Go on behind what a shard can't pass: lost events, or one that cannot be. Says what it costs."""
    installation = open_installation(topology)
    standing = _stands(installation, shard, "skip")
    problem = standing.problem
    message: LossAccepted | EventReplaced
    if isinstance(problem, StreamBroken):
        cost = _lost(problem, shard)
        message = LossAccepted(
            shard, standing.position, problem.source, problem.first - 1, problem.crc, cost, reason
        )
    else:
        assert isinstance(problem, EventImpossible | MachineRaised)  # its ways
        cost = f"event {problem.sequence} from {problem.source} is not applied: {describe(problem.event)}"
        message = EventReplaced(
            shard, standing.position, problem.source, problem.sequence, b"", cost[:4096], reason
        )
    _ask(cost, yes)
    take(reason, lambda: decide(installation, message))
    _told(shard, cost)


@app.command()
def substitute(
    shard: ShardArgument,
    event: Annotated[
        Path, typer.Argument(help="JSON, as `look --json` shows the event: what to apply instead.")
    ],
    reason: ReasonOption,
    yes: YesOption = False,
    topology: TopologyOption = None,
) -> None:
    """Have another event applied in the place of the one that a shard can't pass."""
    installation = open_installation(topology)
    standing = _stands(installation, shard, "substitute")
    problem = standing.problem
    assert isinstance(problem, EventImpossible | MachineRaised)  # its ways
    instead = _read_event(event)
    cost = f"instead of {describe(problem.event)}: {describe(instead)}"
    _ask(cost, yes)
    message = EventReplaced(
        shard, standing.position, problem.source, problem.sequence, instead, cost[:4096], reason
    )
    take(reason, lambda: decide(installation, message))
    _told(shard, cost)


@app.command()
def drop(
    shard: ShardArgument, reason: ReasonOption, yes: YesOption = False, topology: TopologyOption = None
) -> None:
    """Make a dead letter of the frame that a shard can't pass, such as one that somebody has forged."""
    installation = open_installation(topology)
    standing = _stands(installation, shard, "drop")
    frame = read_frame(standing.frame)
    cost = f"{len(frame.events)} events from {frame.source}, {frame.first} to {frame.last}, are a dead letter"
    _ask(f"{cost}. If its sender is honest, the next frame of it will be a gap", yes)
    take(reason, lambda: decide(installation, FrameDropped(shard, standing.position, cost, reason)))
    _told(shard, cost)


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
        found = held(*opened, risk_shards, instrument)
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
def _opened(installation: Installation) -> Iterator[Examined]:
    try:
        identity = identity_of(installation)
        with (
            closing(open_log(installation.log_address)) as log,
            closing(open_snapshots(installation.snapshots_address)) as snapshots,
        ):
            yield Examined(log, identity, snapshots)
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


def _stands(installation: Installation, shard: str, way: str) -> Standing:
    """Where it stands, if that way leads on."""
    with _opened(installation) as opened:
        standing = examine(*opened, _known(installation, shard))
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


def _lost(broken: StreamBroken, shard: str) -> str:
    count = broken.first - 1 - broken.last
    if count == 0:
        return f"{shard} has another history of {broken.source} up to event {broken.last} than it tells now"
    return (
        f"{count} events from {broken.source} to {shard}, {broken.last + 1} to {broken.first - 1}, are lost"
    )


def _ask(cost: str, yes: bool) -> None:
    errors.print(escape(cost), soft_wrap=True)
    if not yes and not typer.confirm("Decide so?", err=True):
        raise typer.Exit(1)


def _told(shard: str, what: str) -> None:
    errors.print(f"{shard} is told: {escape(what)}. `bulkhead status` says when it goes on.", soft_wrap=True)
