"""`bulkhead key`: participants' keys of a running exchange."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bulkhead.domain.keys import may
from bulkhead.installation.participants_keys import participants_keys
from bulkhead.installation.registration import register
from bulkhead.installation.revocation import revoke as revoke_key
from bulkhead.installation.shut_out import shut_out_participants
from bulkhead.installation.state import Installation
from commands.decision import ReasonOption, errors, stop, take
from commands.opened import open_installation
from commands.topology import TopologyOption

app = typer.Typer(
    help="Participants' keys, while the exchange trades: add, list, revoke.", no_args_is_help=True
)


ParticipantArgument = Annotated[str, typer.Argument(help="Whose key it is.")]
KeyArgument = Annotated[str, typer.Argument(help="The key's name in the topology.")]


@app.command()
def add(
    participant: ParticipantArgument, key: KeyArgument, reason: ReasonOption, topology: TopologyOption = None
) -> None:
    """Take what this key signs from now on, with the permissions that the topology gives it; a key that is
    taken already gets those. Exit status 1 if that is refused.

    Write the key into the topology first. A development exchange makes it; otherwise its file must be there.
    To rotate a key: add the new one, let the participant change over, revoke the old one.
    """
    installation = open_installation(topology)
    _expect_named(installation, participant, key)
    take(
        reason,
        lambda: register(installation, participant, key, reason),
        "the key was revoked before, or belongs to somebody else",
    )
    permissions = installation.topology.participants[participant].permissions[key]
    errors.print(f"The key {key} of {participant} is taken. It may {', '.join(may(permissions))}.")


@app.command("list")
def list_keys(
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object a key.")] = False,
    topology: TopologyOption = None,
) -> None:
    """Show participants' keys, what each may do, and whether the exchange has been told of it from here."""
    rows = participants_keys(open_installation(topology))
    if json_lines:
        for row in rows:
            told = row._asdict() | {"public_key": row.public_key.hex(), "permissions": may(row.permissions)}
            print(json.dumps(told))
        return
    table = Table("participant", "key", "may", "state", "public key")
    for row in rows:
        columns = row.participant_id, row.name, ", ".join(may(row.permissions)), row.state
        table.add_row(*columns, row.public_key.hex()[:16] + "…")
    Console().print(table)


@app.command()
def revoke(
    participant: ParticipantArgument,
    key: KeyArgument,
    reason: ReasonOption,
    topology: TopologyOption = None,
) -> None:
    """Take nothing more that this key signs, for ever; its open orders stay. Exit status 1 if that is
    refused.

    On a secured Pulsar a participant without another key is cut off from the log as well.
    """
    installation = open_installation(topology)
    _expect_named(installation, participant, key)
    take(
        reason,
        lambda: revoke_key(installation, key, reason),
        "the key is not registered, or was revoked before",
    )
    cut = participant in shut_out_participants(installation)
    errors.print(f"The key {key} of {participant} is revoked." + (" It has no other." if cut else ""))


def _expect_named(installation: Installation, participant_id: str, key: str) -> None:
    known = installation.topology.participants.get(participant_id)
    if known is None or key not in known.keys:
        stop(
            f"{installation.file.name} has no participant {participant_id!r} with a key {key!r}: write it"
            f" there, under participants.{participant_id}.keys"
        )
