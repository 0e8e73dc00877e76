"""What the gateway tells. Each of its runs is a source of its own and may repeat what the one before has
told, or two may run at once: what is not further on than the last word is dropped.
"""

from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.dead_letters import DeadLetter
from bulkhead.domain.messages.ingress import FrameRefused, FramesForwarded

DEAD_LETTERS = "dead_letters/0"


def frames_forwarded(ingress: Ingress, event: FramesForwarded, out: Outbox) -> None:
    entrance = _entrance(ingress, event.participant_id)
    if entrance is not None and event.ordinal > entrance.forwarded[0]:
        entrance.forwarded = (event.ordinal, event.position)


def frame_refused(ingress: Ingress, event: FrameRefused, out: Outbox) -> None:
    entrance = _entrance(ingress, event.participant_id)
    # Every run begins no later than what was told last and tells its refusals in order: none is left out.
    if entrance is not None and event.ordinal > entrance.refused:
        entrance.refused = event.ordinal
        topic = f"ingress.{event.participant_id}/0"
        letter = DeadLetter(topic, event.position, event.reason, event.frame, event.frame_bytes)
        out.send(DEAD_LETTERS, letter)


def _entrance(ingress: Ingress, participant_id: str) -> Entrance | None:
    """None: it has gone, to whom all that follows is told."""
    found = ingress.entrances.get(participant_id)
    if found is None and participant_id not in ingress.left:
        raise Impossible(f"frames of {participant_id}, whom control has not named to ingress/{ingress.shard}")
    return found
