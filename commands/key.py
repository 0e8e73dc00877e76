"""`bulkhead key`: participants' keys of a running exchange."""

from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from bulkhead.client.errors import NoExchange
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.revocation import revoke as revoke_key
from bulkhead.installation.shut_out import shut_out_participants
from commands.exchange import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Revoke a participant's key while the exchange trades.", no_args_is_help=True)
errors = Console(stderr=True)

REASON_CHARACTERS_MAX = 64


@app.callback()
def _group() -> None:
    """A group, although it has one command yet."""


@app.command()
def revoke(
    participant: Annotated[str, typer.Argument(help="Whose key it is.")],
    key: Annotated[str, typer.Argument(help="The key's name in the topology.")],
    reason: Annotated[str, typer.Option(help="For who reads the log later: at most 64 characters.")],
    topology: TopologyOption = None,
) -> None:
    """Take nothing more that this key signs, for ever; its open orders stay. Exit status 1 if that is
    refused.

    On a secured Pulsar a participant without another key is cut off from the log as well.
    """
    installation = open_installation(topology)
    known = installation.topology.participants.get(participant)
    if known is None or key not in known.keys:
        _stop(f"the topology has no participant {participant!r} with a key {key!r}")
    if len(reason) > REASON_CHARACTERS_MAX:
        _stop(f"the reason has {len(reason)} characters, and may have {REASON_CHARACTERS_MAX}")
    try:
        refusal = revoke_key(installation, key, reason)
    except (FatalError, TemporaryError, KeyMissing, NoExchange, FileNotFoundError) as problem:
        _stop(str(problem))
    if refusal is not None:
        _stop(f"control refuses: {refusal.name.lower()} (the key is not registered, or was revoked before)")
    cut = participant in shut_out_participants(installation)
    errors.print(f"The key {key} of {participant} is revoked." + (" It has no other." if cut else ""))


def _stop(problem: str) -> NoReturn:
    errors.print(f"[red]{escape(problem)}[/red]", soft_wrap=True)
    raise typer.Exit(1)
