"""What the topology says otherwise than the exchange was told: at its founding, and by decisions since."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from bulkhead.installation.listing import has_told, public_key, told_so_far
from bulkhead.installation.participants_keys import participants_keys
from bulkhead.installation.state import Installation
from bulkhead.installation.told_since import still_different, taken_decisions, traded_otherwise
from bulkhead.topology.models import Topology
from bulkhead.topology.plan import slots
from bulkhead.topology.plan.effects import Level, effect_of
from bulkhead.topology.plan.fields import FieldChange, field_changes
from bulkhead.topology.plan.listing import Listing
from bulkhead.topology.plan.objects import Attributes, Ref
from bulkhead.topology.plan.otherwise import otherwise
from bulkhead.topology.plan.steps import Held
from bulkhead.topology.plan.told import Told


class Otherwise(NamedTuple):
    held: tuple[tuple[Level, Held], ...]
    """what no step does"""
    wanted: Mapping[Ref, Attributes]
    live: Mapping[Ref, Attributes]
    """what steps tell the exchange: as it should be, and as it is"""
    told: Told | None = None
    """all that it was told; None: what the file says"""


def told_otherwise(installation: Installation, founded: Topology | None) -> Otherwise:
    """Of an exchange that was founded and whose log is there. `founded`: what with, None where nobody knows.
    TemporaryError, FatalError: the log's, where it has to be read.
    """
    if founded is None:
        return Otherwise((_unknown(installation),), {}, {})
    wanted = installation.topology
    # Nearly always the same, and that is much faster to see. Of keys more is known than the founding's.
    different = [] if founded == wanted else field_changes(founded, wanted)
    changes = [change for change in different if change.path[2:3] != ("keys",)]
    if not has_told(installation) and not any(change.effect.level in _TOLD for change in changes):
        held = [*map(_of_field, changes), *_keys(installation, founded)]
        return Otherwise(tuple(held), {}, {})
    taken = taken_decisions(installation)
    told = told_so_far(installation, taken)
    held = [
        *map(_of_field, still_different(founded, wanted, changes, taken)),
        *otherwise(wanted, told),
        *(_traded(path) for path in traded_otherwise(wanted, told)),
        *_keys(installation, founded),
    ]
    listed, listed_live = Listing(wanted, told, partial(public_key, installation)).objects()
    moved, moved_live = slots.objects(wanted, told)
    return Otherwise(tuple(held), {**listed, **moved}, {**listed_live, **moved_live}, told)


_TOLD = (Level.APPLIED, Level.COMMAND)
"""a change that an operator's decision may have brought about"""


def _of_field(change: FieldChange) -> tuple[Level, Held]:
    return change.effect.level, Held(change.field, str(change), change.effect.text)


def _unknown(installation: Installation) -> tuple[Level, Held]:
    return (
        Level.KEPT,
        Held(
            installation.file.name,
            "may differ from what the exchange was founded with, by a version that did not write it down",
            "its machines go on with what they were told",
        ),
    )


def _traded(path: tuple[str, str, str]) -> tuple[Level, Held]:
    """Of an instrument that operators have listed."""
    effect = effect_of(path)
    return effect.level, Held(".".join(path), "operators have decided it otherwise", effect.text)


def _keys(installation: Installation, founded: Topology) -> Iterator[tuple[Level, Held]]:
    """Keys that the exchange has otherwise than the topology. New participants get theirs by a step."""
    known = participants_keys(installation, made=False)
    states = {(key.participant_id, key.name): key.state for key in known}
    for participant_id, participant in installation.topology.participants.items():
        is_new = participant_id not in founded.participants
        for name in participant.keys:
            state = states.get((participant_id, name), "not registered")
            if state == "may otherwise" or (state == "not registered" and not is_new):
                yield (
                    Level.COMMAND,
                    Held(
                        f"participants.{participant_id}.keys.{name}",
                        f"the exchange has it otherwise: {state}",
                        f"`bulkhead key add {participant_id} {name} --reason ...` tells it",
                    ),
                )
