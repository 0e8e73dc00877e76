"""`bulkhead limits`: what bounds a participant of a running exchange."""

import json
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bulkhead.client.decimals import Scale
from bulkhead.domain.messages.limits import LimitChanged, LimitRefused, LimitTold, SetLimit
from bulkhead.domain.terms import LimitKind
from bulkhead.installation.state import Installation
from commands.decision import ReasonOption, errors, stop, take_answered
from commands.opened import open_installation
from commands.shown_limits import show_limits
from commands.topology import TopologyOption

app = typer.Typer(help="What bounds a participant: show and change it.", no_args_is_help=True)

KINDS = {kind.name.lower().replace("_", "-"): kind for kind in LimitKind}
NONE = "none"
ParticipantArgument = Annotated[str, typer.Argument(metavar="PARTICIPANT", help="Such as alice.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command()
def show(
    participant: ParticipantArgument, as_json: JsonOption = False, topology: TopologyOption = None
) -> None:
    """Every limit that the participant has, and how much of it is used, as its risk shard knows them now.

    Exit status 1 where there is no answer.
    """
    installation = open_installation(topology)
    told, _ = show_limits(installation, participant)
    rows = [_row(installation, each) for each in told]
    if as_json:
        print(json.dumps({"participant": participant, "limits": rows}))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("limit", "asset", "account"):
        table.add_column(name)
    for name in ("bound", "used"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(row[name] or "" for name in ("limit", "asset", "account", "bound", "used")))
    Console().print(table)


@app.command(name="set")
def set_limit(
    participant: ParticipantArgument,
    limit: Annotated[str, typer.Argument(metavar="LIMIT", help=f"One of {', '.join(KINDS)}.")],
    bound: Annotated[str, typer.Argument(metavar="BOUND", help="A count, an amount of the asset, or none.")],
    reason: ReasonOption,
    asset: Annotated[
        str | None, typer.Option(help="Of which asset, where the limit is one of an asset.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="position: of this account alone.")] = None,
    topology: TopologyOption = None,
) -> None:
    """Bound the participant from its next command on. Nothing that is open is canceled for it.

    Exit status 1 if it is refused, 3 if it waits for other operators (`bulkhead approvals`).
    """
    kind = KINDS.get(limit)
    if kind is None:
        stop(f"there is no limit {limit!r}; there are {', '.join(KINDS)}")
    installation = open_installation(topology)
    units = None if bound == NONE else _units(installation, asset, bound)
    decision = SetLimit(participant, account, kind, asset, units, reason)
    for answer in take_answered(reason, installation, decision, 1):
        if isinstance(answer, LimitRefused):
            stop(f"risk refuses: {answer.reason.name.lower()}")
        if isinstance(answer, LimitChanged):
            before, after = (_text(installation, asset, value) for value in (answer.before, answer.after))
            errors.print(f"{participant}: {limit} was {before} and is {after}.", highlight=False)


def _scale(installation: Installation, asset: str | None) -> Scale | None:
    """None: a count."""
    if asset is None:
        return None
    settings = installation.topology.assets.get(asset)
    if settings is None:
        stop(f"there is no asset {asset}; there are {', '.join(installation.topology.assets)}")
    return Scale("bound", Decimal(1).scaleb(-settings.decimals))


def _units(installation: Installation, asset: str | None, text: str) -> int:
    scale = _scale(installation, asset)
    try:
        units = int(text) if scale is None else scale.to_units(text)
    except ValueError as problem:
        stop(f"{text!r} is no bound: {problem}")
    if units < 0:
        stop(f"{text} is negative: 0 or more, or {NONE}")
    return units


def _text(installation: Installation, asset: str | None, units: int | None) -> str:
    if units is None:
        return NONE
    scale = _scale(installation, asset)
    return str(units) if scale is None else f"{scale.to_decimal(units):f}"


def _row(installation: Installation, told: LimitTold) -> dict[str, Any]:
    return {
        "limit": told.kind.name.lower().replace("_", "-"),
        "asset": told.asset_id,
        "account": told.account_id,
        "bound": _text(installation, told.asset_id, told.bound),
        "used": _text(installation, told.asset_id, told.actual),
    }
