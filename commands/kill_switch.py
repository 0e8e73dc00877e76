"""`bulkhead kill-switch`: an operator stops an account, a participant, an instrument or everything."""

import json
from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchThrown, SetKillSwitch
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.views.kill_switches import StandingSwitch, standing_own_switches, standing_switches
from bulkhead.views.risk_events import RiskEvents
from bulkhead.wire.authentication import Verifier
from commands.decision import ReasonOption, stop, take_answered
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(
    help="Stop an account, a participant, an instrument or everything, now; and lift that. A participant"
    " stops itself by `bulkhead order kill`.",
    no_args_is_help=True,
)

AccountOption = Annotated[str | None, typer.Option("--account", help="This account.")]
ParticipantOption = Annotated[str | None, typer.Option("--participant", help="All accounts of this one.")]
InstrumentOption = Annotated[str | None, typer.Option("--instrument", help="All orders in this one.")]
OwnOption = Annotated[
    str | None,
    typer.Option("--own", metavar="PARTICIPANT", help="What it throws itself, by `bulkhead order kill`."),
]
EverythingOption = Annotated[bool, typer.Option("--everything", help="All of the exchange.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def on(
    reason: ReasonOption,
    account: AccountOption = None,
    participant: ParticipantOption = None,
    instrument: InstrumentOption = None,
    everything: EverythingOption = False,
    own: OwnOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Refuse every new order and replace (killed), and cancel every live order. Cancels are still taken.

    It stands, over restarts too, until it is turned off. Repeated it asks again for what is still live.

    Exit status 1 if it is refused, or a shard has not answered; it is then in the log, and obeyed when that
    shard reads on.
    """
    target = _target(account, participant, instrument, everything, own)
    _throw(target, True, reason, as_json, topology)


@app.command()
def off(
    reason: ReasonOption,
    account: AccountOption = None,
    participant: ParticipantOption = None,
    instrument: InstrumentOption = None,
    everything: EverythingOption = False,
    own: OwnOption = None,
    as_json: JsonOption = False,
    topology: TopologyOption = None,
) -> None:
    """Lift exactly this switch: what another one stops stays stopped. Orders that it ended do not come back.

    Exit status as of `on`.
    """
    target = _target(account, participant, instrument, everything, own)
    _throw(target, False, reason, as_json, topology)


@app.command()
def show(as_json: JsonOption = False, topology: TopologyOption = None) -> None:
    """Which switches stand, and which risk shards obey them. Reads the log only: no shard has to run."""
    installation = open_installation(topology)
    shards = len(installation.topology.shards.risk.numbers)
    standing = _standing(installation)
    if as_json:
        print(json.dumps([_facts(switch, shards) for switch in standing]))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("stopped", "", "since", "obeyed by risk shards"):
        table.add_column(name, overflow="fold")
    for switch in standing:
        wanted = _shards_concerned(switch.scope, shards)
        obeyed = ", ".join(map(str, switch.risk_shards))
        table.add_row(
            switch.scope.name.lower(),
            switch.name,
            _since(switch.since_ms),
            obeyed if len(switch.risk_shards) == wanted else f"{obeyed}: {wanted} are concerned",
        )
    Console().print(table if table.row_count else "No kill switch is on.")


def _throw(
    target: tuple[KillScope, str], turn_on: bool, reason: str, as_json: bool, topology: TopologyOption
) -> None:
    installation = open_installation(topology)
    shards = _shards_concerned(target[0], len(installation.topology.shards.risk.numbers))
    answers = take_answered(reason, installation, SetKillSwitch(*target, turn_on, reason), shards)
    told = [answer for answer in answers if isinstance(answer, KillSwitchThrown)]
    counts = {name: sum(getattr(each, name) for each in told) for name in ("asked", "pending", "closed")}
    scope, name = target[0].name.lower(), told[0].name
    if as_json:
        print(json.dumps({"scope": scope, "name": name, "on": turn_on, "risk_shards": len(told), **counts}))
        return
    what = f"{scope} {name}".strip()
    if not turn_on:
        print(f"{what}: trading is no longer stopped by this switch.")
        return
    print(
        f"{what}: stopped. {counts['asked']} orders are being canceled, {counts['pending']} were already, "
        f"{counts['closed']} follow when their instruments open."
    )


def _target(
    account: str | None,
    participant: str | None,
    instrument: str | None,
    everything: bool,
    own: str | None,
) -> tuple[KillScope, str]:
    named = [
        (KillScope.ACCOUNT, account),
        (KillScope.PARTICIPANT, participant),
        (KillScope.INSTRUMENT, instrument),
        (KillScope.EVERYTHING, "" if everything else None),
        (KillScope.OWN, own),
    ]
    found = [(scope, name) for scope, name in named if name is not None]
    if len(found) != 1:
        stop("name one of --account, --participant, --instrument, --everything and --own")
    return found[0]


def _shards_concerned(scope: KillScope, shards: int) -> int:
    return 1 if scope in (KillScope.ACCOUNT, KillScope.PARTICIPANT, KillScope.OWN) else shards


def _standing(installation: Installation) -> list[StandingSwitch]:
    try:
        identity = identity_of(installation)

        def verifier(partition: str) -> Verifier:
            return Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)

        shards = len(installation.topology.shards.risk.numbers)
        with (
            closing(open_log(installation.log_address)) as log,
            closing(RiskEvents(log, shards, verifier, "operator")) as events,
        ):
            return standing_switches(log, verifier(DECISIONS), "operator") + standing_own_switches(events)
    except (FatalError, TemporaryError, FileNotFoundError) as problem:
        stop(str(problem))


def _facts(switch: StandingSwitch, shards: int) -> dict[str, Any]:
    return {
        "scope": switch.scope.name.lower(),
        "name": switch.name,
        "since_ms": switch.since_ms,
        "risk_shards": list(switch.risk_shards),
        "risk_shards_concerned": _shards_concerned(switch.scope, shards),
    }


def _since(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
