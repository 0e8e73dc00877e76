"""What happens in a run, in the order of its plan: people trade, some misbehave, things fail."""

import random
from collections.abc import Callable, Iterable, Mapping

from bulkhead.domain.messages.control import Deposit, ReleaseQuarantine
from bulkhead.domain.messages.kill_switch import SetKillSwitch
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.simulation.commands import draw_guard
from bulkhead.simulation.faults import FAULTS
from bulkhead.simulation.mischief import MISCHIEF
from bulkhead.simulation.operating import decide, draw_kill_switch
from bulkhead.simulation.plan import Event
from bulkhead.simulation.schedule import S
from bulkhead.simulation.setting import TOPOLOGY
from bulkhead.simulation.world import World
from bulkhead.wire.codec import encode


def play(world: World, seed: int, events: Iterable[Event], hours_us: int) -> None:
    """A plan, from now on."""
    begun_us = world.schedule.now_us
    for event in events:
        world.schedule.at(begun_us + event.time_us, lambda event=event: _happen(world, seed, event))  # type: ignore[misc]
    world.schedule.run_until(begun_us + hours_us)


def _happen(world: World, seed: int, event: Event) -> None:
    what = _do(world, event.kind, event.chance(seed))
    world.say(f"{event.kind} {event.number}: {what}")


def _do(world: World, kind: str, chance: random.Random) -> str:
    """One event; in words."""
    if kind in MISCHIEF:
        who = chance.choice(world.participants)
        MISCHIEF[kind](who, chance)
        return who.participant_id
    return (FAULTS.get(kind) or WORK[kind])(world, chance)


def trade(world: World, chance: random.Random) -> str:
    who = chance.choice(world.participants)
    who.trade(chance, chance.choice((1, 1, 2, 4)) * world.frame_scale)
    return who.participant_id


def phase(world: World, chance: random.Random) -> str:
    """What an operator decides about how an instrument is traded."""
    message = decide(chance, chance.choice(list(TOPOLOGY.instruments)), world.clock.time_ms)
    world.operator.say(message)
    return str(message)


def deposit(world: World, chance: random.Random) -> str:
    account_id = chance.choice(chance.choice(world.participants).accounts)
    message = Deposit(account_id, chance.choice(list(TOPOLOGY.assets)), chance.randint(1, 2_000_000))
    world.deposits[message.asset_id] += message.amount
    world.operator.say(message)
    return str(message)


def cancel_all(world: World, chance: random.Random) -> str:
    """An operator's mass cancel; one that says nothing is refused."""
    who = chance.choice(world.participants)
    message = OperatorMassCancel(
        chance.choice((None, who.participant_id, "nobody")),
        chance.choice((None, None, chance.choice(who.accounts))),
        chance.choice((None, *TOPOLOGY.instruments)),
        chance.choice((None, None, None, 1, 2, 9)),
        "by chance",
    )
    world.operator.decide(message)
    return str(message)


def kill(world: World, chance: random.Random) -> str:
    """A kill switch, which is lifted within the minute: else nobody would trade for the rest of the run."""
    who = chance.choice(world.participants)
    scope, name = draw_kill_switch(chance, who.participant_id, who.accounts, list(TOPOLOGY.instruments))
    world.operator.decide(SetKillSwitch(scope, name, True, "by chance"))
    lift = SetKillSwitch(scope, name, False, "by chance")
    world.schedule.at(world.schedule.now_us + chance.randrange(60 * S), lambda: world.operator.decide(lift))
    return f"{scope.name} {name}"


def guard(world: World, chance: random.Random) -> str:
    who = chance.choice(world.participants)
    command = draw_guard(chance)
    who.send([encode(command)])
    return f"{who.participant_id}: {command}"


def bust(world: World, chance: random.Random) -> str:
    instrument_id = chance.choice(list(TOPOLOGY.instruments))
    message = BustTrade(instrument_id, _trade_id(world, chance, instrument_id), "by chance")
    world.operator.decide(message)
    return str(message)


def correct(world: World, chance: random.Random) -> str:
    instrument_id = chance.choice(list(TOPOLOGY.instruments))
    trade_id = _trade_id(world, chance, instrument_id)
    message = CorrectTrade(instrument_id, trade_id, chance.randint(85, 115), "by chance")
    world.operator.decide(message)
    return str(message)


def _trade_id(world: World, chance: random.Random, instrument_id: str) -> int:
    """Often one that there is, sometimes one that was busted before."""
    return chance.randint(0, world.newest_trade(instrument_id) + 1)


def reopen(world: World, chance: random.Random) -> str:
    who = chance.choice(world.participants)
    who.open()
    return who.participant_id


def leave(world: World, chance: random.Random) -> str:
    who = chance.choice(world.participants)
    who.crash()
    return who.participant_id


def release(world: World, chance: random.Random) -> str:
    """What is halted because of an event that it can't bear, cured or not."""
    halted = world.quarantined()
    if not halted:
        return "nothing"
    name, subject = chance.choice(halted)
    world.operator.decide(ReleaseQuarantine(name, subject, False, "by chance"))
    return f"{subject} of {name}"


WORK: Mapping[str, Callable[[World, random.Random], str]] = {
    "trade": trade,
    "phase": phase,
    "deposit": deposit,
    "cancel all": cancel_all,
    "kill": kill,
    "guard": guard,
    "bust": bust,
    "correct": correct,
    "reopen": reopen,
    "leave": leave,
    "release": release,
}
