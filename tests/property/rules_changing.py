"""What a shard may be told of the version of the rules, for random histories."""

import random
from typing import Any, Final

from bulkhead.domain.behaviour import NEWEST
from bulkhead.domain.messages.behaviour import BehaviourLeft, TakeBehaviour
from tests.property.drawn_messages import Names

CHANGES: Final = 6
"""numbers of changes, of which newer and older ones come in any order"""


def version(chance: random.Random) -> int:
    """Now and then one that no build knows yet."""
    return NEWEST + 1 if chance.random() < 0.02 else chance.randint(1, NEWEST)


def take(chance: random.Random) -> TakeBehaviour:
    change = chance.randrange(1, CHANGES)
    return TakeBehaviour(change, version(chance), chance.choice((0, 0, 1, 2)), chance.randrange(3))


def changed(chance: random.Random, number: int) -> Any:
    """What control, or who asks, says to who is asked."""
    if chance.random() < 0.4:
        return BehaviourLeft(chance.randrange(1, CHANGES), f"risk/{chance.randrange(3)}", 1)
    return take(chance)


NAMES: Final[Names] = {
    "version": version,
    "change": lambda chance: chance.randrange(1, CHANGES),
    "askers": lambda chance: chance.randrange(3),
    # Not the most that a field may hold: each is told.
    "asked": lambda chance: chance.randrange(3),
}
