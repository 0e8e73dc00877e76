"""More than the exchange can do: orders for a book that hangs; a boundary that dies oftener than it may."""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bulkhead.domain.messages.participant import PlaceOrder, ReplaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.simulation.participants import Participant
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import PRICES_TICKS, TOPOLOGY
from bulkhead.simulation.world import World
from bulkhead.wire.codec import encode

HANGS_US = (1 * S, 15 * S)
"""how long a book takes nothing"""
WAVES = 4
"""of commands, while it does; the last ones come when it goes on, and find it behind"""
COMMANDS_MAX = 6
"""in a wave: all of them are several times what a book may leave unanswered"""
STRIKES_EACH_US = 100 * MS
WEARS_US = 60 * S
"""Within so long a boundary has spent its restarts, most of the time: else it is left alone."""
DOWN_US = (1 * S, 60 * S)
"""until an operator has looked"""


def storm(world: World, chance: random.Random) -> str:
    """All processes of a book hang, or of several, and some go on sending to it."""
    books = chance.sample(list(enumerate(TOPOLOGY.shards.books)), chance.choice((1, 1, 2, 3)))
    instruments = [instrument_id for _, book in books for instrument_id in book.instruments]
    hanging = [f"book/{number}" for number, _ in books]
    for_us = chance.randint(*HANGS_US)
    for process in world.processes:
        if process.name in hanging and process.state == "running":
            process.asleep = True
            world.schedule.after(for_us, process.rise)
    some = chance.sample(world.founders, chance.randint(2, len(world.founders)))
    for wave in range(WAVES):
        for who in some:
            drawn = random.Random(chance.random())
            after_us = for_us * wave // (WAVES - 1) + chance.randrange(100 * MS)
            world.schedule.after(after_us, partial(_press, who, drawn, instruments))
    return f"{', '.join(hanging)} for {for_us / S:.1f} s, by {', '.join(who.participant_id for who in some)}"


def _press(who: Participant, chance: random.Random, instruments: Sequence[str]) -> None:
    """Orders that trade at once or not at all, some that stay, and changes of those."""
    events = []
    placed: list[tuple[str, int]] = []
    for _ in range(chance.randint(1, COMMANDS_MAX)):
        if placed and chance.random() < 0.4:
            name, price_ticks = chance.choice(placed)
            events.append(encode(ReplaceOrder(who.accounts[0], name, price_ticks, 6)))
            continue
        instrument_id = chance.choice(instruments)
        low, high = PRICES_TICKS[instrument_id]
        side, price_ticks = chance.choice((Side.BUY, Side.SELL)), chance.randint(low, high) // 2 * 2
        time_in_force = chance.choice((TimeInForce.GTC, TimeInForce.IOC))
        terms = side, OrderType.LIMIT, time_in_force, False, price_ticks, None, 4
        placed.append((who.fresh(), price_ticks))
        events.append(encode(PlaceOrder(who.accounts[0], placed[-1][0], instrument_id, *terms)))
    who.send(events)


def wear_out(world: World, chance: random.Random) -> str:
    """A boundary stays down until an operator has looked."""
    boundary = chance.choice(list(dict.fromkeys(world.names.values())))
    down_us = chance.randint(*DOWN_US)

    def start_again() -> None:
        if not world.heals:
            world.say(f"an operator starts {boundary} again")
            world.start_again(boundary)

    strike_out(world, boundary, lambda: world.schedule.after(down_us, start_again))
    return boundary


def strike_out(world: World, boundary: str, then: Callable[[], None] = lambda: None) -> None:
    """Whatever of a boundary is started dies again, until it has spent its restarts and is left down."""
    until_us = world.schedule.now_us + WEARS_US

    def strike() -> None:
        if world.heals or world.schedule.now_us > until_us:
            return
        if world.supervisor.counted.is_spent(boundary):
            then()
            return
        for process in list(world.processes):
            if world.names[process.name] == boundary and process.state != "halted":
                world.crashes += 1
                process.kill()
        world.schedule.after(STRIKES_EACH_US, strike)

    strike()


OVERLOAD: Mapping[str, Callable[[World, random.Random], str]] = {"storm": storm, "wear out": wear_out}
