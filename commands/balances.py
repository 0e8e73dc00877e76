"""`bulkhead balances`: what the ledger says that accounts have."""

import json
from contextlib import closing
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bulkhead.client.decimals import asset_scale
from bulkhead.domain.settlement.model import OWN_ACCOUNTS
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.founding import identity_of
from bulkhead.installation.state import Installation
from bulkhead.log.open import open_log
from bulkhead.repair.balances import AccountBalance, balances
from bulkhead.snapshots.open import open_snapshots
from bulkhead.topology import derived
from commands.decision import stop
from commands.opened import open_installation
from commands.topology import TopologyOption


def show_balances(
    account: Annotated[
        str | None,
        typer.Argument(
            help=f"Such as alice.main, or one of the exchange's own: {', '.join(sorted(OWN_ACCOUNTS))}."
            " Default: all."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each, a line each.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Show what the ledger has of each account, asset by asset; what is reserved of it, risk knows alone.

    Derives settlement shards from their newest snapshots and their partitions: changes nothing, and needs no
    running exchange. Each of the exchange's own accounts is on every shard. A balance below zero says why:
    short, its risk shard has it so too; settling, legs of other trades are on their way. An account in
    quarantine says halted: what is put aside is not in its balance.
    """
    installation = open_installation(topology)
    found = _read(installation, account)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("shard", "account", "asset"):
        table.add_column(name, overflow="fold")
    table.add_column("balance", justify="right")
    table.add_column("state")
    for each in found:
        decimals = installation.topology.assets[each.asset_id].decimals
        amount = asset_scale(each.asset_id, decimals).to_decimal(each.balance)
        if as_json:
            told = each._asdict() | {"balance": str(each.balance), "amount": f"{amount:f}"}
            print(json.dumps(told | {"state": each.state or None}))
        else:
            style = "red" if each.state else None
            table.add_row(each.shard, each.account_id, each.asset_id, f"{amount:,f}", each.state, style=style)
    if not as_json:
        console = Console(highlight=False)
        console.print(table if found else "Nothing was ever booked to it.")


def _read(installation: Installation, account: str | None) -> list[AccountBalance]:
    """Of one account, or of all. Exits with what is wrong."""
    known = {name for each in installation.topology.participants.values() for name in each.account_ids}
    if account is not None and account not in known | OWN_ACCOUNTS:
        stop(f"no such account: {account}; `bulkhead topology show` lists participants and their accounts")
    shards = [each.name for each in derived.shards(installation.topology) if each.kind == "settlement"]
    try:
        with (
            closing(open_log(installation.log_address)) as log,
            closing(open_snapshots(installation.snapshots_address)) as snapshots,
        ):
            found = balances(log, identity_of(installation), snapshots, shards)
    except (FatalError, TemporaryError, FileNotFoundError, ValueError) as problem:
        stop(str(problem))
    return [each for each in found if account is None or each.account_id == account]
