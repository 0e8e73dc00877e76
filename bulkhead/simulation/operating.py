"""What operators decide about trading, drawn by chance: phases, bands, mark prices, breakers, timetables."""

import random
from collections.abc import Sequence
from typing import Any

from bulkhead.domain.book_partition.timetable import DAY_MS
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.kill_switch import KillScope
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetReferencePrice,
)
from bulkhead.domain.terms import Phase

PHASES = {
    Phase.CONTINUOUS: 12,
    Phase.HALTED: 2,
    Phase.CLOSED: 1,
    Phase.PRE_OPEN: 2,
    Phase.AUCTION: 4,
    Phase.VOLATILITY_AUCTION: 1,
    Phase.CLOSING_AUCTION: 2,
}
"""and how often each is set"""
KINDS = {
    SetPhase: 22,
    SetBands: 3,
    SetReferencePrice: 2,
    SetMarkPrice: 2,
    SetCircuitBreaker: 2,
    SchedulePhase: 3,
    ClearTimetable: 2,
}
"""and how often each is drawn"""
NEAR_MS = 600_000
"""A timetable's entry comes within so long after it was made."""


def decide(chance: random.Random, instrument_id: str, now_ms: int) -> Any:
    """One decision about an instrument of `setting`, some of which its book refuses."""
    price_ticks = chance.randint(94, 106)
    kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
    if kind is SetPhase:
        return SetPhase(instrument_id, chance.choices(list(PHASES), list(PHASES.values()))[0])
    if kind is SetBands:
        static, dynamic = (chance.choice((None, None, -1, 2, 3, 5)) for _ in range(2))
        return SetBands(instrument_id, static, dynamic, chance.choice((0, 1, 3)))
    if kind in (SetReferencePrice, SetMarkPrice):
        return kind(instrument_id, price_ticks)
    if kind is SetCircuitBreaker:
        brings = chance.choice((Phase.HALTED, Phase.AUCTION, Phase.VOLATILITY_AUCTION, Phase.CLOSED))
        return SetCircuitBreaker(
            instrument_id, chance.choice((0, 2, 4)), chance.randint(0, 9), chance.randint(1, 4), brings
        )
    if kind is SchedulePhase:
        time_ms = (now_ms + chance.randrange(NEAR_MS)) % DAY_MS
        comes = chance.choice(list(PHASES))
        return SchedulePhase(instrument_id, time_ms, comes, at_once=chance.random() < 0.2)
    return ClearTimetable(instrument_id)


def draw_kill_switch(
    chance: random.Random, participant_id: str, accounts: Sequence[str], instruments: Sequence[str]
) -> tuple[KillScope, str]:
    """What a kill switch stops; now and then nothing that there is. OWN: the participant throws it."""
    scope = chance.choice(list(KillScope))
    names = {
        KillScope.ACCOUNT: accounts,
        KillScope.PARTICIPANT: (participant_id,),
        KillScope.INSTRUMENT: instruments,
        KillScope.EVERYTHING: ("",),
        KillScope.OWN: (participant_id,),
    }
    return scope, chance.choice(names[scope]) if chance.random() < 0.95 else "nobody"


def open_for_good(instrument_id: str) -> list[Any]:
    """Trading is continuous, and nothing ends that but an operator."""
    return [
        ClearTimetable(instrument_id),
        SetBands(instrument_id, None, None, 0),
        SetCircuitBreaker(instrument_id, 0, 0, 0, Phase.HALTED),
        SetPhase(instrument_id, Phase.CONTINUOUS),
    ]
