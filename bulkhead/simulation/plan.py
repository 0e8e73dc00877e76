"""What a seed lets happen: a list of events, each with its moment and a chance of its own, so that any of
them can be left out without changing what another one is.
"""

import random
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bulkhead.simulation.schedule import S

HOUR_US = 3_600 * S

WORK_PER_HOUR: Mapping[str, float] = {
    "trade": 720.0,
    "phase": 24.0,
    "deposit": 6.0,
    "cancel all": 6.0,
    "kill": 6.0,
    "guard": 40.0,
    "bust": 20.0,
    "correct": 20.0,
}
"""how often, in an hour, in a run at the usual rate"""
LIMITS_PER_HOUR = 60.0
"""how often an operator changes what bounds a participant; drawn apart, so that the rest of a seed's plan
stays what it was"""
LISTING_PER_HOUR: Mapping[str, float] = {
    "list": 60.0,
    "add": 30.0,
    "fees": 60.0,
    "retire": 40.0,
    "trade listed": 400.0,
}
"""in seeds in which operators add to the exchange; drawn apart as well"""
SHARDS_PER_HOUR: Mapping[str, float] = {
    "add shard": 60.0,
    "end shard": 40.0,
    "add ledger": 60.0,
    "end ledger": 40.0,
}
"""in the same seeds; drawn apart as well"""
RULES_PER_HOUR: Mapping[str, float] = {
    "change rules": 120.0,
    "old build": 60.0,
    "close": 100.0,
}
"""in seeds in which operators change the version of the rules; drawn apart as well"""
MISCHIEF_PER_HOUR: Mapping[str, float] = {
    "resend": 12.0,
    "skip": 4.0,
    "otherwise": 4.0,
    "forge": 8.0,
    "spoil": 12.0,
    "reopen": 4.0,
    "linger": 8.0,
    "leave": 6.0,
}
FAULTS_PER_HOUR: Mapping[str, float] = {
    "crash": 60.0,
    "crash together": 4.0,
    "sleep": 8.0,
    "slow": 6.0,
    "double": 6.0,
    "cut": 10.0,
    "refuse": 8.0,
    "reconnect": 12.0,
    "store away": 6.0,
    "tear": 10.0,
    "lose snapshots": 4.0,
    "supervisor away": 4.0,
    "clock stalls": 3.0,
    "clock jumps": 4.0,
    "clock restarts": 4.0,
    "crash all replicas": 12.0,
    "suspect": 30.0,
    "cut hearts": 10.0,
    "stale snapshots": 8.0,
    "crash at snapshot": 12.0,
    "strand": 6.0,
}
MOVES_PER_HOUR = 60.0
"""of slots; in seeds without repairs, since what waits for a move is refused, as giving up a book, and
without poison: when slots that wait for a quarantine have gone, who judges can't tell from the log"""
ACCOUNT_MOVES_PER_HOUR = 60.0
"""of slots of settlement shards; in seeds whose exchange grows, drawn apart as well"""
STORMS_PER_HOUR: Mapping[str, float] = {"storm": 30.0}
"""in seeds that have them; drawn apart as well"""
WORN_PER_HOUR: Mapping[str, float] = {"wear out": 30.0}
"""in those of them in which no shard halts itself, which an operator would have to tell from these"""
HAND_OVERS_PER_HOUR = 30.0
"""how often a primary is replaced as a change of the topology does it; drawn apart, too"""
FLIPS_FROM = 1 / 3
"""From there on in its hours a seed that is to have one flips a bit in a replica's memory: of a replica that
differs earlier most have died, or taken over, before anything is compared at rest.
"""
POISON_PER_HOUR: Mapping[str, float] = {"release": 60.0, "shake": 30.0}
"""in seeds whose machines raise"""
GATEWAYS_PER_HOUR: Mapping[str, float] = {"flood": 6.0, "borrow": 20.0, "crash gateway": 30.0}
"""in seeds that have gateways"""
KEYS_PER_HOUR: Mapping[str, float] = {"restrict key": 6.0, "change key": 12.0, "revoke key": 12.0}
"""in seeds without gateways, poison and repairs: else by when a shard was told of a key is by chance"""
SICK_PER_HOUR: Mapping[str, float] = {
    "sicken": 30.0,
    "sicken to death": 30.0,
    "sicken superseded": 30.0,
}
"""in those of them that have sick computers"""
LOSSES_PER_HOUR: Mapping[str, float] = {
    "lose a stretch": 20.0,
    "usurp": 40.0,
    "give up a book": 10.0,
    "intrude": 20.0,
}
"""in seeds in which an operator repairs"""
LEFT_OUT = 0.35
"""Each seed leaves out some kinds of events, and has more or less of the others: what many faults together
hide, one alone shows (swarm testing: Groce and others, ISSTA 2012).
"""
INTENSITY = (0.3, 1.0, 3.0)


class Event(NamedTuple):
    time_us: int
    kind: str
    number: int
    """among those of its kind"""

    def chance(self, seed: int) -> random.Random:
        return random.Random(f"{seed}/{self.kind}/{self.number}")


def plan(
    seed: int,
    hours: float,
    orders_scale: float = 1.0,
    power_loss: bool = False,
    flips: bool = False,
    poison: bool = False,
    sick: bool = False,
    gateways: bool = False,
    repairs: bool = False,
    grows: bool = False,
    rules: bool = False,
    overload: bool = False,
) -> list[Event]:
    """The events of `hours`, in their order. `orders_scale`: so many times the usual orders."""
    chance = random.Random(f"{seed}/plan")
    events = []
    more = {
        **(POISON_PER_HOUR if poison else {}),
        **(SICK_PER_HOUR if sick else {}),
        **(GATEWAYS_PER_HOUR if gateways else {}),
        **({} if gateways or poison or repairs else KEYS_PER_HOUR),
        **(LOSSES_PER_HOUR if repairs else {}),
    }
    for kind, per_hour in {**WORK_PER_HOUR, **MISCHIEF_PER_HOUR, **FAULTS_PER_HOUR, **more}.items():
        scale = orders_scale if kind == "trade" else 1.0
        if kind not in WORK_PER_HOUR:
            scale = 0.0 if chance.random() < LEFT_OUT else chance.choice(INTENSITY)
        events += [
            Event(chance.randrange(round(hours * HOUR_US)), kind, number)
            for number in range(round(per_hour * scale * hours))
        ]
    events += _apart(seed, "limits", {"limit": LIMITS_PER_HOUR}, hours)
    events += _apart(seed, "hand over", {"hand over": HAND_OVERS_PER_HOUR}, hours, varied=True)
    if overload:
        events += _apart(seed, "storm", STORMS_PER_HOUR, hours)
        if not (power_loss or flips or poison or repairs):
            events += _apart(seed, "wear out", WORN_PER_HOUR, hours)
    if not (repairs or poison):
        events += _apart(seed, "move", {"move": MOVES_PER_HOUR}, hours, varied=True)
    if grows:
        events += _apart(seed, "listing", LISTING_PER_HOUR, hours)
        events += _apart(seed, "shards", SHARDS_PER_HOUR, hours)
        events += _apart(seed, "accounts", {"move accounts": ACCOUNT_MOVES_PER_HOUR}, hours, varied=True)
    if rules:
        events += _apart(seed, "rules", RULES_PER_HOUR, hours)
    if power_loss:
        events.append(Event(chance.randrange(round(hours * HOUR_US)), "power loss", 0))
    if flips:
        span_us = round(hours * HOUR_US)
        events.append(Event(chance.randrange(round(FLIPS_FROM * span_us), span_us), "flip", 0))
    return sorted(events)


def _apart(
    seed: int, what: str, rates: Mapping[str, float], hours: float, varied: bool = False
) -> Iterator[Event]:
    """So many an hour of each kind, drawn by a chance of their own: what else happens in a seed stays as it
    was. `varied`: in some seeds more, in some fewer.
    """
    chance = random.Random(f"{seed}/{what}")
    for kind, per_hour in rates.items():
        scale = chance.choice(INTENSITY) if varied else 1.0
        for number in range(round(per_hour * scale * hours)):
            yield Event(chance.randrange(round(hours * HOUR_US)), kind, number)
