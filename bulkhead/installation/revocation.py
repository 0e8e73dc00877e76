"""Revoking a participant's key: at the exchange, and, with its last key, at a secured log."""

from bulkhead.domain.messages.control import RevokeKey
from bulkhead.domain.reasons import Reason
from bulkhead.installation.decisions import decide
from bulkhead.installation.shut_out import remember_revoked, revoked_keys, shut_out_participants
from bulkhead.installation.state import Installation
from bulkhead.log.open import grant
from bulkhead.topology.access import accesses


def revoke(installation: Installation, key: str, reason: str) -> Reason | None:
    """Have the exchange take nothing more that `key` signs; None, or why it does not.

    A participant without any other key loses its role's permissions on a secured log too, which ends its
    connections; `up` does not give them back. Repeated, it completes what an interruption has left.
    """
    public_key = installation.keys.public_key(key)
    refusal = decide(installation, RevokeKey(public_key, reason))
    if refusal is None or (refusal is Reason.KEY_UNKNOWN and key in revoked_keys(installation)):
        remember_revoked(installation, key, reason)
        shut_out = shut_out_participants(installation)
        grant(installation.log_address, accesses(installation.topology, shut_out))
    return refusal
