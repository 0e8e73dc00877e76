"""What control tells an ingress shard: for whom it is, and which keys are theirs."""

from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import OpenIngress, RegisterKey, RevokeKey


def open_ingress(ingress: Ingress, event: OpenIngress, out: Outbox) -> None:
    expected = ingress.expected.get(event.participant_id)
    if expected is not None:
        expected.commands_per_s_max = event.commands_per_s_max
        return
    entrance = ingress.entrances.setdefault(event.participant_id, Entrance(event.participant_id))
    entrance.commands_per_s_max = event.commands_per_s_max


def register_key(ingress: Ingress, event: RegisterKey, out: Outbox) -> None:
    expected = ingress.expected.get(event.participant_id)
    if expected is not None:
        expected.keys.add(event.public_key)
        return
    ingress.entrances[event.participant_id].keys |= {event.public_key}


def revoke_key(ingress: Ingress, event: RevokeKey, out: Outbox) -> None:
    for entrance in ingress.entrances.values():
        entrance.keys -= {event.public_key}
    for expected in ingress.expected.values():
        expected.keys.discard(event.public_key)
        expected.revoked.add(event.public_key)  # whosever it is
