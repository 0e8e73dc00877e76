"""Flows in which operators undo trades and cancel many orders."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.reversal import BustTrade, CorrectTrade
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.reversals import reversals_in
from tests.property.exchange_flow import Flow
from tests.support.operator import Operator


class ReversingFlow(Flow):
    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say)
        self._operator = Operator(self.exchange)
        self._kinds += [(8, self._reverse), (2, self._cancel_many)]

    def _reverse(self, chance: random.Random) -> str:
        instrument_id, book = chance.choice((("X-USD", 0), ("X-USD", 0), ("Z-USD", 1), ("Z-X", 2)))
        known = self.exchange.domain(f"book/{book}").partition.instruments.get(instrument_id)
        trade_id = chance.randint(0, 1 + (known.trades if known else 0))
        decision: Any = BustTrade(instrument_id, trade_id, "by chance")
        if chance.random() < 0.5:
            decision = CorrectTrade(instrument_id, trade_id, chance.randint(85, 115), "by chance")
        self._operator.decide(decision)
        return f"operator: {decision}"

    def _cancel_many(self, chance: random.Random) -> str:
        who = chance.choice((None, self._trader(chance).participant_id))
        instrument_id = chance.choice((None, "X-USD", "Z-USD"))
        decision = OperatorMassCancel(who, None, instrument_id, chance.choice((None, 1, 2)), "by chance")
        self._operator.decide(decision)
        return f"operator: {decision}"

    def check_reservations(self) -> None:
        check_reservations(
            self.exchange.risk_shards(),
            lambda: reversals_in(self.exchange.log),
        )


def run_reversing(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> ReversingFlow:
    """A whole flow, at rest."""
    flow = ReversingFlow(say)
    for seed in seeds:
        flow.act(seed)
        flow.check_reservations()
    flow.finish()
    return flow
