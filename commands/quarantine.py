"""`bulkhead quarantine`: events that a machine could not apply, what they have halted, and the way on."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.attach import NotRunning, attached, call_restarted
from bulkhead.domain.messages.control import ReleaseQuarantine
from bulkhead.domain.messages.quarantine import EventSkipped
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.decisions import decide
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.runtime.decisions import decided
from bulkhead.topology import derived
from bulkhead.wire.codec import describe
from commands.decision import ReasonOption, errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Events that a machine could not apply, and the way on.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")]
Number = Annotated[str, typer.Argument(metavar="ID", help="As the list has it, such as book/0:1.")]


class Quarantined(NamedTuple):
    identifier: str
    shard: str
    decision: EventSkipped


@app.command("list")
def list_all(as_json: JsonOption = False, topology: TopologyOption = None) -> None:
    """List them, oldest first in each shard: as the log has them. What is halted now, the shards say."""
    installation = open_installation(topology)
    halted = _halted(installation)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("id", "since", "halts", "event", "from", "now"):
        table.add_column(name, overflow="fold")
    for each in _all(installation):
        facts = _facts(each, halted)
        if as_json:
            print(json.dumps(facts))
        else:
            names = ("id", "decided_at", "subject", "message", "source", "state")
            table.add_row(*(escape(_short(facts[name])) for name in names))
    if not as_json:
        Console().print(table if table.row_count else "Nothing is, or ever was, in quarantine.")


@app.command()
def show(identifier: Number, as_json: JsonOption = False, topology: TopologyOption = None) -> None:
    """One of them whole: the event, where it stands, and the exception."""
    installation = open_installation(topology)
    facts = _facts(_one(installation, identifier), _halted(installation))
    if as_json:
        print(json.dumps(facts))
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts.items():
        if name != "why":
            table.add_row(name.replace("_", " "), escape(str(value)))
    console = Console()
    console.print(table)
    console.print(facts["why"], markup=False, highlight=False, soft_wrap=True)


@app.command()
def release(identifier: Number, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Let what it halts go on, and apply what was put aside meanwhile. Exit status 1 if that is refused."""
    _send(identifier, reason, topology, discard=False)


@app.command()
def discard(identifier: Number, reason: ReasonOption, topology: TopologyOption = None) -> None:
    """Let what it halts go on, without what was put aside. Exit status 1 if that is refused."""
    _send(identifier, reason, topology, discard=True)


def _send(identifier: str, reason: str, topology: TopologyOption, discard: bool) -> None:
    installation = open_installation(topology)
    one = _one(installation, identifier)
    message = ReleaseQuarantine(one.shard, one.decision.subject, discard, reason)
    take(reason, lambda: decide(installation, message))
    errors.print(f"{one.shard} is told: {escape(one.decision.subject)} goes on. `bulkhead quarantine list`")


def _all(installation: Installation) -> list[Quarantined]:
    found = []
    try:
        identity = identity_of(installation)
        with closing(open_log(installation.log_address)) as log:
            for shard in derived.shards(installation.topology):
                if shard.speaks:
                    decisions = decided(log, identity, shard.name).skips
                    found += [
                        Quarantined(f"{shard.name}:{number}", shard.name, decision)
                        for number, decision in enumerate(decisions, 1)
                    ]
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))
    return found


def _one(installation: Installation, identifier: str) -> Quarantined:
    known = _all(installation)
    found = [each for each in known if each.identifier == identifier]
    if not found:
        stop(f"nothing in quarantine is called {identifier!r}: `bulkhead quarantine list` lists {len(known)}")
    return found[0]


def _halted(installation: Installation) -> dict[str, tuple[str, ...]] | None:
    """By shard what it has halted; None where nothing runs that could be asked."""
    try:
        with attached(installation):
            shards = call_restarted("supervisor", "status")["shards"]
    except NotRunning:
        return None
    return {row["replica_of"]: tuple(row["quarantined"]) for row in shards if row["role"] in ("", "primary")}


def _facts(each: Quarantined, halted: dict[str, tuple[str, ...]] | None) -> dict[str, Any]:
    decision = each.decision
    if halted is None or each.shard not in halted:
        state = "unknown: the shard does not run"
    else:
        state = "halted" if decision.subject in halted[each.shard] else "released"
    return {
        "id": each.identifier,
        "shard": each.shard,
        "subject": decision.subject,
        "state": state,
        "decided_at": datetime.fromtimestamp(decision.decided_at_us / 1e6, UTC).isoformat(" ", "seconds"),
        "message": describe(decision.event),
        "source": decision.source,
        "sequence": decision.sequence,
        "position": decision.position.hex(),
        "events_before": decision.events_applied,
        "why": decision.why,
    }


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
