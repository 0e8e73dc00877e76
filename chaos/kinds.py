"""What is broken, and in which order."""

import random
from collections.abc import Iterator, Sequence

PAUSE = "pause"
SUPERVISOR = "supervisor"
BROKER = "broker"
REDIS = "redis"
OFTEN = ("risk", "book", "settlement", "clock", SUPERVISOR, PAUSE)
PAUSED = ("risk", "book", "settlement", "clock")
"""Kinds of shards whose silence somebody could take for death."""
RARE = ("control", "view")
RARE_EVERY = 3
"""In one round of so many fall those on whom no order waits, and servers, which are away for ten times as
long as a shard is.
"""


def in_order(kills: int, servers: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Rounds of every kind, each in random order; the first and every third with the rare ones."""
    left, number = kills, 0
    while left > 0:
        kinds = (*OFTEN, *RARE, *servers) if number % RARE_EVERY == 0 else OFTEN
        found = chance.sample(kinds, len(kinds))[:left]
        yield from found
        left -= len(found)
        number += 1
