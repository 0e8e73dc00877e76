"""The rules' version changes while the exchange trades, and some of its processes run an older build."""

import random
from collections.abc import Callable, Mapping

from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.terms import Phase
from bulkhead.simulation.schedule import S
from bulkhead.simulation.setting import TOPOLOGY
from bulkhead.simulation.world import World

KINDS = ("risk/", "book/", "settlement/")
"""shards that have rules"""
CLOSED_US = (2 * S, 30 * S)


def change_rules(world: World, chance: random.Random) -> str:
    """To one version or the other: what is so already, or while another change goes on, is refused."""
    message = ChangeBehaviour(chance.choice((1, 2)), "by chance")
    world.operator.decide(message)
    world.rules_change = True
    return str(message)


def put_old_build(world: World, chance: random.Random) -> str:
    """One process hands over to a new one, of an older build."""
    running = [each for each in world.processes if each.state == "running" and each.name.startswith(KINDS)]
    if not running or world.schedule.now_us < world.supervisor.away_until_us:
        return "nobody"
    process = chance.choice(running)
    world.builds.old.add((process.name, process.replica))
    world.supervisor.replace(process)
    return process.party


def close(world: World, chance: random.Random) -> str:
    """An instrument is closed for a while: there the versions differ."""
    name = chance.choice(list(TOPOLOGY.instruments))
    world.operator.say(SetPhase(name, Phase.CLOSED))
    opened = SetPhase(name, Phase.CONTINUOUS)
    world.schedule.after(chance.randint(*CLOSED_US), lambda: world.operator.say(opened))
    return name


RULES: Mapping[str, Callable[[World, random.Random], str]] = {
    "change rules": change_rules,
    "old build": put_old_build,
    "close": close,
}
