"""`bulkhead order list`: what is open of a participant."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bulkhead.domain.messages.linked import OrdersLinked
from commands.decision import stop
from commands.order import KeyOption, ParticipantArgument, session_of, told_of
from commands.topology import TopologyOption

_COLUMNS = ("account", "order", "instrument", "side", "type", "for", "price", "left of", "total", "terms")


def list_all(
    participant: ParticipantArgument,
    account: Annotated[
        str | None, typer.Option("--account", help="Default: all of them.", show_default=False)
    ] = None,
    key: KeyOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each order, a line each.")
    ] = False,
    topology: TopologyOption = None,
) -> None:
    """All open orders of the participant, or of one account, as the exchange tells them."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    with session_of(participant, key, topology) as client:
        accounts = client.connection.participant(participant).accounts
        if account not in (None, *accounts):
            stop(f"{participant} has no account {account!r}; it has {', '.join(accounts)}")
        together = _together(client.session.links)
        for name in (*_COLUMNS, *(["with"] if together else [])):
            table.add_column(name, overflow="fold")
        for status in client.session.open_orders:
            if account not in (None, status.account_id):
                continue
            others = together.get((status.account_id, status.client_order_id), ())
            told = told_of(client, status) | {"linked_with": list(others)}
            if as_json:
                print(json.dumps(told))
                continue
            kind = told["order_type"] + (" (triggered)" if status.triggered else "")
            named = (told["account_id"], told["client_order_id"], told["instrument_id"], told["side"], kind)
            numbers = (told["time_in_force"], told["price"], told["leaves"], told["quantity"])
            terms = ", ".join(f"{name} {value}" for name, value in (told["terms"] or {}).items())
            row = *named, *numbers, terms, *([", ".join(others)] if together else [])
            table.add_row(*map(escape, row))
    if not as_json:
        Console().print(table if table.row_count else f"{account or participant} has no open orders.")


def _together(links: Sequence[OrdersLinked]) -> dict[tuple[str, str], tuple[str, ...]]:
    """By account and order: the orders that it is linked with."""
    found = {}
    for link in links:
        named = (link.entry_client_order_id, link.limit_client_order_id, link.stop_client_order_id)
        names = [name for name in named if name is not None]
        for name in names:
            found[link.account_id, name] = tuple(other for other in names if other != name)
    return found
