"""`bulkhead key`: participants' keys of a running exchange."""

from typing import Annotated

import typer

from bulkhead.installation.revocation import revoke as revoke_key
from bulkhead.installation.shut_out import shut_out_participants
from commands.decision import ReasonOption, errors, stop, take
from commands.exchange import open_installation
from commands.topology import TopologyOption

app = typer.Typer(help="Revoke a participant's key while the exchange trades.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, although it has one command yet."""


@app.command()
def revoke(
    participant: Annotated[str, typer.Argument(help="Whose key it is.")],
    key: Annotated[str, typer.Argument(help="The key's name in the topology.")],
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Take nothing more that this key signs, for ever; its open orders stay. Exit status 1 if that is
    refused.

    On a secured Pulsar a participant without another key is cut off from the log as well.
    """
    installation = open_installation(topology)
    known = installation.topology.participants.get(participant)
    if known is None or key not in known.keys:
        stop(f"the topology has no participant {participant!r} with a key {key!r}")
    take(
        reason,
        lambda: revoke_key(installation, key, reason),
        "the key is not registered, or was revoked before",
    )
    cut = participant in shut_out_participants(installation)
    errors.print(f"The key {key} of {participant} is revoked." + (" It has no other." if cut else ""))
