"""What is broken, and in which order."""

import random
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

PAUSE = "pause"
SUPERVISOR = "supervisor"
BROKER = "broker"
REDIS = "redis"
STANDBY = "standby"
"""of two replicas the one that is not the primary"""
BOTH = "both"
"""both replicas at once"""
INGRESS = "ingress"
"""the gateway of one risk shard, where participants write to topics of their own"""
PAUSED = ("risk", "book", "settlement", "clock")
"""Kinds of shards whose silence somebody could take for death."""
OFTEN = (*PAUSED, SUPERVISOR, PAUSE)
RARE = ("control", "view")
RARE_EVERY = 3
"""In one round of so many fall those on whom no order waits, and servers, which are away for ten times as
long as a shard is.
"""


class Kinds(NamedTuple):
    """Of one run. A kind of shard means the one process of it, or of two replicas the primary."""

    often: tuple[str, ...]
    rare: tuple[str, ...]


def kinds_of(servers: Sequence[str], replicated: bool, shards: Collection[str], everything: bool) -> Kinds:
    """Of an exchange's `shards`; unless `everything` only their kinds, and nothing that is no shard."""
    kinds = {shard.partition("/")[0] for shard in shards}
    gateways = (INGRESS,) if INGRESS in kinds else ()
    often = (*OFTEN, *gateways, *((STANDBY, BOTH) if replicated else ()))
    if everything:
        return Kinds(often, (*RARE, *servers))
    if kinds & {*PAUSED}:
        kinds |= {PAUSE, STANDBY, BOTH}
    return Kinds(
        tuple(kind for kind in often if kind in kinds), tuple(kind for kind in RARE if kind in kinds)
    )


def in_order(kills: int, kinds: Kinds, chance: random.Random) -> Iterator[str]:
    """Rounds of every kind, each in random order; the first and every third with the rare ones."""
    left, number = kills, 0
    while left > 0:
        these = (*kinds.often, *kinds.rare) if number % RARE_EVERY == 0 or not kinds.often else kinds.often
        found = chance.sample(these, len(these))[:left]
        yield from found
        left -= len(found)
        number += 1
