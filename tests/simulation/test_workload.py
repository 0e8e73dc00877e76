"""What the simulation's participants and operators do: all that the rule book has."""

from bulkhead.simulation.evidence import Streams, said
from bulkhead.simulation.happenings import play
from bulkhead.simulation.plan import HOUR_US
from bulkhead.simulation.run import Setup
from bulkhead.simulation.schedule import MS
from bulkhead.simulation.setting import IDENTITY
from bulkhead.simulation.world import World
from tests.support.reached import RULES, reached

SEEDS = (1, 2, 5, 11, 14)
"""Of the first, some that have all of it between them."""
SETUP = Setup(hours=0.5, orders_scale=2.0)
RACES = {"MassCancelMissed", *(rule for rule in RULES if rule.startswith("refused "))}
"""A book refuses little that its risk shard has let through: only what two of them have overtaken in the
meantime. tests/property/test_what_flows_reach.py has all of it.
"""


def told(seed: int) -> Streams:
    """All that shards say in a seed."""
    world = World(seed, SETUP.tick_ms * MS, SETUP.frame_scale, lambda _: None, grows=SETUP.grows(seed))
    play(world, seed, SETUP.events(seed), round(SETUP.hours * HOUR_US))
    world.heal()
    return said(world.network.log, IDENTITY, world.names)


def test_some_seeds_have_every_type_time_term_mode_phase_command_and_end_of_an_order() -> None:
    found = reached(map(told, SEEDS))
    assert sorted(RULES - RACES - found.keys()) == []
