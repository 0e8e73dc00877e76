"""Which keys were revoked here, and which participants have none left."""

import json
import time

from bulkhead.files import write_private
from bulkhead.installation.state import Installation, read_json


def revoked_keys(installation: Installation) -> dict[str, dict[str, str]]:
    """Key name -> when and why it was revoked here."""
    return read_json(installation.directory / "revoked.json") or {}


def shut_out_participants(installation: Installation) -> set[str]:
    """Those whose keys are all revoked."""
    revoked = revoked_keys(installation).keys()
    participants = installation.topology.participants.items()
    return {name for name, participant in participants if revoked >= set(participant.keys)}


def remember_revoked(installation: Installation, key: str, reason: str) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    known = {key: {"at": at, "reason": reason}} | revoked_keys(installation)
    write_private(installation.directory / "revoked.json", json.dumps(known, indent=1).encode())
