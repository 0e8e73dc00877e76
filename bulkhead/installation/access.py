"""A secured log's roles of one exchange: their tokens, and what they are to be granted."""

from bulkhead.installation.shut_out import shut_out_participants
from bulkhead.installation.state import Installation
from bulkhead.topology import derived
from bulkhead.topology.access import Access, accesses, participant_role


def prepare_access(installation: Installation) -> list[Access]:
    """What every role may do; the tokens that this machine needs are there, or made in development.

    KeyMissing: one is not. A participant's token belongs to the participant: outside development it is not
    missed.
    """
    topology = installation.topology
    wanted = accesses(topology, shut_out_participants(installation))
    theirs = {participant_role(topology.exchange, name) for name in topology.participants}
    installation.tokens.ensure(derived.ADMIN)
    for access in wanted:
        if topology.development or access.role not in theirs:
            installation.tokens.ensure(access.role)
    return wanted
