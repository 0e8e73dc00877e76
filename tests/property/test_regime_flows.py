"""Flows in which phases come by themselves, at round times: timetables and breakers at their edges."""

import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.book_partition.timetable import DAY_MS
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.trading import SchedulePhase, SetCircuitBreaker
from bulkhead.domain.terms import Phase
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import Flow

TICK_MS = 100


class RegimeFlow(Flow):
    """A tick is 100 ms, and so are the steps between a timetable's entries: a phase is due just at a tick. A
    breaker looks back on two ticks at most, and the market goes on soon after it has tripped.
    """

    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say)
        self.time_ms = 1_000_000
        self._kinds += [(15, self._schedule), (8, self._arm), (30, self._reopen_market), (40, self._tick)]

    def _tick(self, chance: random.Random) -> str:
        self.time_ms += TICK_MS
        self.exchange.tick(self.time_ms)
        self.finish()
        return f"clock: {self.time_ms}"

    def _schedule(self, chance: random.Random) -> str:
        phase = chance.choice((Phase.CONTINUOUS, Phase.AUCTION, Phase.PRE_OPEN))
        at_ms = (self.time_ms + TICK_MS * chance.randint(0, 3)) % DAY_MS
        return self._decide(SchedulePhase("X-USD", at_ms, phase))

    def _arm(self, chance: random.Random) -> str:
        window, pause = chance.randint(0, 2), chance.randint(0, 2)
        return self._decide(SetCircuitBreaker("X-USD", chance.randint(1, 3), window, pause, Phase.AUCTION))

    def _reopen_market(self, chance: random.Random) -> str:
        return self._decide(SetPhase("X-USD", Phase.CONTINUOUS))

    def _decide(self, message: Any) -> str:
        self.exchange.control(message)
        self.finish()
        return f"control: {message}"


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=120))
def test_every_promise_holds_where_phases_come_by_themselves(seeds: list[int]) -> None:
    flow = RegimeFlow(note)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
