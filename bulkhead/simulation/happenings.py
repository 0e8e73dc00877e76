"""What happens in a run, in the order of its plan: people trade, some misbehave, things fail."""

import random
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.domain.messages.control import (
    Deposit,
    RegisterKey,
    ReleaseOrders,
    ReleaseQuarantine,
    RevokeKey,
    SetPhase,
)
from bulkhead.domain.messages.kill_switch import KillOwn, KillScope, ReleaseOwn, SetKillSwitch
from bulkhead.domain.messages.limits import SetAccountState, SetLimit
from bulkhead.domain.messages.listing import RetireInstrument, SetFees
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.domain.terms import AccountState, LimitKind, Phase
from bulkhead.simulation.changing_rules import RULES
from bulkhead.simulation.changing_shards import SHARDS, slots_at_once
from bulkhead.simulation.commands import draw_guard
from bulkhead.simulation.faults import FAULTS
from bulkhead.simulation.mischief import MISCHIEF
from bulkhead.simulation.operating import decide, draw_kill_switch
from bulkhead.simulation.overload import OVERLOAD
from bulkhead.simulation.participants import Participant
from bulkhead.simulation.plan import Event
from bulkhead.simulation.schedule import MS, S
from bulkhead.simulation.setting import TOPOLOGY
from bulkhead.simulation.world import World
from bulkhead.topology.derived import slot_of
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
    return KINDS[kind](world, chance)


def trade(world: World, chance: random.Random) -> str:
    who = chance.choice(world.participants)
    who.trade(chance, chance.choice((1, 1, 2, 4)) * world.frame_scale)
    return who.participant_id


def phase(world: World, chance: random.Random) -> str:
    """What an operator decides about how an instrument is traded."""
    message = decide(chance, chance.choice(list(TOPOLOGY.instruments)), world.clock.time_ms)
    world.operator.say(message)
    return str(message)


def move(world: World, chance: random.Random) -> str:
    """Somebody's slot, or some more, goes to another risk shard; one move at a time is not refused."""
    who = chance.choice(world.participants)
    slot = slot_of(who.participant_id)
    first, last = chance.choice(((slot, slot), (slot, slot), (0, 511), (max(0, slot - 100), slot)))
    shards = world.topology.shards.risk.count
    # Where it is, as its program knows it, most of the time.
    here = int(who.partition.removeprefix("orders/"))
    old = here if shards > 2 and chance.random() < 0.7 else chance.randrange(2)
    new = chance.choice([shard for shard in range(shards) if shard != old])
    message = MoveSlots(first, last, old, new, "by chance", slots_at_once(first, last, slot + old))
    world.operator.decide(message)
    return str(message)


def deposit(world: World, chance: random.Random) -> str:
    account_id = chance.choice(chance.choice(world.founders).accounts)
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


def limit(world: World, chance: random.Random) -> str:
    """An operator bounds a participant or an account, or takes a bound away; some are refused. An account
    that may not trade is let again.
    """
    who = chance.choice(world.participants)
    account_id = chance.choice(who.accounts)
    message = chance.choice(
        (
            SetAccountState(account_id, chance.choice((0, 1, 1, 2, 3)), "by chance"),
            SetLimit(who.participant_id, None, *chance.choice(BOUNDS), "by chance"),
            SetLimit(who.participant_id, None, *chance.choice(BOUNDS), "by chance"),
            SetLimit(who.participant_id, account_id, LimitKind.POSITION, "X", 10**14, "by chance"),
        )
    )
    world.operator.decide(message)
    if isinstance(message, SetAccountState) and message.state in (
        AccountState.CLOSE_ONLY,
        AccountState.SUSPENDED,
    ):
        again = SetAccountState(account_id, AccountState.ACTIVE, "it is over")
        world.schedule.after(RESUMED_AFTER_US, lambda: world.operator.decide(again))
    return str(message)


def kill(world: World, chance: random.Random) -> str:
    """A kill switch, which is lifted within the minute: else nobody would trade for the rest of the run.
    A participant's own it lifts itself, unless an operator does.
    """
    who = chance.choice(world.participants)
    scope, name = draw_kill_switch(chance, who.participant_id, who.accounts, list(TOPOLOGY.instruments))
    lift = SetKillSwitch(scope, name, False, "by chance")
    lift_us = world.schedule.now_us + chance.randrange(60 * S)
    if scope is not KillScope.OWN:
        world.operator.decide(SetKillSwitch(scope, name, True, "by chance"))
        world.schedule.at(lift_us, lambda: world.operator.decide(lift))
        return f"{scope.name} {name}"
    who.send([encode(KillOwn("kill"))])
    if name == who.participant_id and chance.random() < 0.5:
        world.schedule.at(lift_us, lambda: world.operator.decide(lift))
    else:
        world.schedule.at(lift_us, lambda: who.send([encode(ReleaseOwn("release"))]))
    return f"{scope.name} {who.participant_id}"


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


def restrict_key(world: World, chance: random.Random) -> str:
    """Until somebody says otherwise a participant's key may not do everything."""
    who = chance.choice(world.participants)
    permissions = chance.choice((Permission.TRADE, Permission.CANCEL, Permission(0)))
    world.operator.decide(RegisterKey(who.participant_id, who.public_key, permissions, "by chance"))
    return f"{who.participant_id}: {int(permissions)}"


def change_key(world: World, chance: random.Random) -> str:
    """A participant has another key registered, and opens sessions with it until it is known."""
    who = chance.choice(world.participants)
    world.operator.decide(RegisterKey(who.participant_id, who.change_key(), EVERYTHING, "by chance"))
    return who.participant_id


def revoke_key(world: World, chance: random.Random) -> str:
    """One that its participant has changed for another; of what it had signed something may still come."""
    who = chance.choice(world.participants)
    if not who.revocable:
        return "none"
    world.operator.decide(RevokeKey(chance.choice(who.revocable), "by chance"))
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


def give_up_a_book(world: World, chance: random.Random) -> str:
    """Its orders are released; it may be down, or be there and busy."""
    instrument_id = chance.choice(list(TOPOLOGY.instruments))
    world.given_up[instrument_id] += 1
    world.operator.decide(ReleaseOrders(instrument_id, "by chance"))
    return instrument_id


def list_instrument(world: World, chance: random.Random) -> str:
    """With how it is traded; sometimes an operator forgets to resume it."""
    name = chance.choice(world.growth.instruments())
    decisions = list(world.growth.decisions(("instrument", name)))
    world.operator.decide(*decisions[: len(decisions) - (chance.random() < 0.2)])
    _trade_meanwhile(world, chance, name)
    return name


def add(world: World, chance: random.Random) -> str:
    """A participant, whose program may begin before the exchange knows it."""
    name = chance.choice(world.growth.newcomers())
    world.operator.decide(*world.growth.decisions(("participant", name)))
    world.welcome(name)
    return name


def fees(world: World, chance: random.Random) -> str:
    message = SetFees(chance.randint(-2_000, 2_000), chance.randint(2_000, 20_000), "by chance")
    world.operator.decide(message)
    return str(message)


def retire(world: World, chance: random.Random) -> str:
    """With or without what has to be done before."""
    name = world.growth.instruments()[0]  # the others trade on
    halt, cancel = SetPhase(name, Phase.HALTED), OperatorMassCancel(None, None, name, None, "it ends")
    before = chance.choice(((), (halt,), (halt, cancel), (halt, cancel)))
    world.operator.decide(*before)
    _trade_meanwhile(world, chance, name)
    when_us = world.schedule.now_us + chance.randrange(2 * S)
    world.schedule.at(when_us, lambda: world.operator.decide(RetireInstrument(name, "by chance")))
    return f"{name} after {len(before)}"


def _trade_meanwhile(world: World, chance: random.Random, instrument_id: str) -> None:
    """Orders come while shards learn of what was decided, some sooner and some later."""
    for _ in range(chance.randint(2, 6)):
        who, after_us = chance.choice(world.participants), chance.randrange(1, chance.choice(MEANWHILE_US))
        drawn = random.Random(chance.random())
        world.schedule.after(after_us, partial(Participant.trade_listed, who, drawn, instrument_id))


def trade_listed(world: World, chance: random.Random) -> str:
    who, name = chance.choice(world.participants), chance.choice(world.growth.instruments())
    who.trade_listed(chance, name)
    return f"{who.participant_id} {name}"


MEANWHILE_US = (5 * MS, 5 * MS, 50 * MS, 2 * S)
"""within which an order comes after a decision: a way takes up to 2 ms, most of the time"""
RESUMED_AFTER_US = 20 * S
"""so that most of a run's orders are not refused for it"""
BOUNDS: tuple[tuple[LimitKind, str | None, int | None], ...] = (
    (LimitKind.ORDERS_PER_S, None, 3),
    (LimitKind.ORDERS_PER_S, None, None),
    (LimitKind.CANCELS_PER_100_ORDERS, None, 30),
    (LimitKind.CANCELS_FREE, None, 3),
    (LimitKind.CANCEL_WINDOW_TICKS, None, 20),
    (LimitKind.CANCELS_PER_100_ORDERS, None, None),
    (LimitKind.ORDER_SIZE, "X", 10**12),
    (LimitKind.ORDER_SIZE, "X", None),
    (LimitKind.OPEN_NOTIONAL, "USD", 2 * 10**18),
    (LimitKind.OPEN_NOTIONAL, "USD", None),
    (LimitKind.CREDIT, "USD", 15 * 10**17),
    (LimitKind.CREDIT, "USD", None),
    (LimitKind.CREDIT, "NONE", 1),
    (LimitKind.OPEN_ORDERS, None, None),
)
"""kind, asset and bound; the last two are refused"""
WORK: Mapping[str, Callable[[World, random.Random], str]] = {
    "trade": trade,
    "phase": phase,
    "deposit": deposit,
    "move": move,
    "cancel all": cancel_all,
    "limit": limit,
    "kill": kill,
    "guard": guard,
    "bust": bust,
    "correct": correct,
    "reopen": reopen,
    "leave": leave,
    "release": release,
    "restrict key": restrict_key,
    "change key": change_key,
    "revoke key": revoke_key,
    "give up a book": give_up_a_book,
    "list": list_instrument,
    "add": add,
    "fees": fees,
    "retire": retire,
    "trade listed": trade_listed,
}
KINDS = {**WORK, **FAULTS, **OVERLOAD, **RULES, **SHARDS}
"""all but mischief"""
