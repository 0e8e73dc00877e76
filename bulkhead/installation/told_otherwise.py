"""What the topology says otherwise than the exchange was told: at its founding, and by commands since."""

from collections.abc import Iterator

from bulkhead.installation.participants_keys import participants_keys
from bulkhead.installation.state import Installation
from bulkhead.installation.told_since import still_different
from bulkhead.topology.models import Topology
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.fields import field_changes
from bulkhead.topology.plan.steps import Held


def told_otherwise(installation: Installation, founded: Topology | None) -> Iterator[tuple[Level, Held]]:
    """`founded`: what the exchange was founded with, None where nobody knows. TemporaryError, FatalError: the
    log's, where it has to be read.
    """
    if founded is None:
        yield (
            Level.KEPT,
            Held(
                installation.file.name,
                "may differ from what the exchange was founded with, by a version that did not write it down",
                "its machines go on with what they were told",
            ),
        )
        return
    same = founded == installation.topology  # as nearly always, and much faster to see
    changes = [] if same else field_changes(founded, installation.topology)
    # Of keys more is known than what the exchange was founded with.
    others = [change for change in changes if change.path[2:3] != ("keys",)]
    for change in still_different(installation, founded, others):
        yield change.effect.level, Held(change.field, str(change), change.effect.text)
    for held in _keys(installation, founded):
        yield Level.COMMAND, held


def _keys(installation: Installation, founded: Topology) -> Iterator[Held]:
    """Keys that the exchange has otherwise than the topology."""
    known = participants_keys(installation, made=False)
    states = {(key.participant_id, key.name): key.state for key in known}
    for participant_id, participant in installation.topology.participants.items():
        if participant_id not in founded.participants:
            continue
        for name in participant.keys:
            state = states.get((participant_id, name), "not registered")
            if state in ("not registered", "may otherwise"):
                yield Held(
                    f"participants.{participant_id}.keys.{name}",
                    f"the exchange has it otherwise: {state}",
                    f"`bulkhead key add {participant_id} {name} --reason ...` tells it",
                )
