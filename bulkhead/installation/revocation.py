"""Revoking a participant's key: at the exchange, and, with its last key, at a secured log."""

from bulkhead.domain.messages.control import RevokeKey
from bulkhead.domain.reasons import Reason
from bulkhead.installation.decisions import decide
from bulkhead.installation.keys import KeyMissing
from bulkhead.installation.shards import accesses_now
from bulkhead.installation.shut_out import remember_revoked, revoked_keys
from bulkhead.installation.state import Installation
from bulkhead.log.open import grant


def revoke(installation: Installation, key: str, reason: str) -> Reason | None:
    """Have the exchange take nothing more that `key` signs; None, or why it does not.

    A participant without any other key loses its role's permissions on a secured log too, which ends its
    connections; `up` does not give them back. Repeated, it completes what an interruption has left.
    """
    public_key = installation.keys.public_key(key)
    refusal = decide(installation, RevokeKey(public_key, reason))
    if refusal is None or (refusal is Reason.KEY_UNKNOWN and key in revoked_keys(installation)):
        shut_out(installation, key, reason)
    return refusal


def shut_out(installation: Installation, key: str, reason: str) -> None:
    """What the log has to know of a key that the exchange has revoked."""
    remember_revoked(installation, key, reason)
    grant(installation.log_address, accesses_now(installation))


def participants_key(installation: Installation, public_key: bytes) -> str | None:
    """The topology's name of it; None where it is nobody's there, or the key is not on this machine."""
    for participant in installation.topology.participants.values():
        for name in participant.keys:
            try:
                if installation.keys.public_key(name) == public_key:
                    return name
            except KeyMissing:
                continue  # its owner has it, as it should be
    return None
