"""Which of the keys that the topology names the exchange has been told of, as far as was done from here."""

import json
import time
from typing import Literal, NamedTuple

from bulkhead.domain.messages.control import RegisterKey
from bulkhead.files import write_private
from bulkhead.installation.shut_out import revoked_keys
from bulkhead.installation.state import Installation, read_json
from bulkhead.wire.codec import decode

State = Literal["registered", "revoked", "not registered", "may otherwise"]


class ParticipantsKey(NamedTuple):
    participant_id: str
    name: str
    public_key: bytes
    permissions: int
    """as the topology has it"""
    state: State
    """may otherwise: registered, with other permissions than the topology has"""


def participants_keys(installation: Installation, *, made: bool = True) -> list[ParticipantsKey]:
    """Every key that the topology gives a participant, in the file's order. Missing ones are made in
    development, or, unless they are to be `made`, left out.
    """
    told, revoked = _told(installation), revoked_keys(installation)
    found = []
    for participant_id, participant in installation.topology.participants.items():
        for name, permissions in participant.permissions.items():
            if not made and not installation.keys.has(f"{name}.pem"):
                continue
            public_key = installation.keys.public_key(name)
            known = told.get(public_key.hex())
            state: State = "registered"
            if name in revoked:
                state = "revoked"
            elif known is None:
                state = "not registered"
            elif known != permissions:
                state = "may otherwise"
            found.append(ParticipantsKey(participant_id, name, public_key, int(permissions), state))
    return found


def remember_registered(installation: Installation, public_key: bytes, permissions: int, reason: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    known = _registered_later(installation)
    known[public_key.hex()] = {"permissions": permissions, "at": at, "reason": reason}
    write_private(installation.directory / "registered.json", json.dumps(known, indent=1).encode())


def _registered_later(installation: Installation) -> dict[str, dict[str, int | str]]:
    return read_json(installation.directory / "registered.json") or {}


def _told(installation: Installation) -> dict[str, int]:
    """Permissions by public key: of the genesis, and what was decided since."""
    record = read_json(installation.directory / "genesis.json") or {"events": []}
    genesis = (decode(bytes.fromhex(event)) for event in record["events"])
    told = {event.public_key.hex(): event.permissions for event in genesis if isinstance(event, RegisterKey)}
    return told | {key: int(each["permissions"]) for key, each in _registered_later(installation).items()}
