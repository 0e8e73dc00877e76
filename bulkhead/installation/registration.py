"""Registering a participant's key at an exchange that runs, or giving one other permissions."""

from bulkhead.domain.messages.control import RegisterKey
from bulkhead.domain.reasons import Reason
from bulkhead.installation.connection import write_connection
from bulkhead.installation.decisions import decide
from bulkhead.installation.founding import identity_of
from bulkhead.installation.participants_keys import remember_registered
from bulkhead.installation.shards import accesses_now, owners_now
from bulkhead.installation.state import Installation
from bulkhead.log.open import grant


def register(installation: Installation, participant_id: str, key: str, reason: str) -> Reason | None:
    """Have the exchange take what `key` signs, with the permissions that the topology gives it; None, or why
    it does not. Repeated, it completes what an interruption has left.

    On a secured log a participant that had no key left gets its role's permissions back.
    """
    public_key = installation.keys.public_key(key)
    permissions = int(installation.topology.participants[participant_id].permissions[key])
    message = RegisterKey(participant_id, public_key, permissions, reason)
    refusal = decide(installation, message)
    if refusal is None:
        let_in(installation, message)
    return refusal


def let_in(installation: Installation, registered: RegisterKey) -> None:
    """What participants and the log have to know of a key that the exchange has registered."""
    remember_registered(installation, registered.public_key, registered.permissions, registered.reason)
    write_connection(installation, identity_of(installation).genesis_id, owners_now(installation))
    grant(installation.log_address, accesses_now(installation))
