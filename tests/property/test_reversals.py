"""Random flows with busts, corrections and operators' mass cancels: what must hold, holds."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.mass import OperatorMassCancel, OrdersAsked
from bulkhead.domain.messages.reversal import (
    BustTrade,
    CorrectTrade,
    ReversalRefused,
    TradeReversed,
)
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.reversals import reversals_in
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.support.operator import Operator

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


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
            lambda risk: reversals_in(self.exchange.log, f"orders/{risk.shard}"),
        )


def run(seeds: Sequence[int], say: Callable[[str], object] = lambda text: None) -> ReversingFlow:
    flow = ReversingFlow(say)
    for seed in seeds:
        flow.act(seed)
        flow.check_reservations()
    flow.finish()
    return flow


@settings(max_examples=40)
@given(flows)
def test_whatever_is_undone_every_promise_holds_and_a_replay_is_equal(seeds: list[int]) -> None:
    """Among them: assets are conserved, risk and the ledger agree, balances are what reports add up to."""
    flow = run(seeds, note)
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)


def test_the_flows_undo_trades_and_refuse_some() -> None:
    seen: Counter[str] = Counter()
    for name in ("one", "two"):
        flow = run(fixed_seeds(name, 900))
        streams = flow.exchange.said()
        check_everything(flow.evidence(), streams, make_reference)
        destinations = {to for _, to in streams if to.startswith(("reports.", "decisions/"))}
        for destination in sorted(destinations):
            seen.update(type(each).__name__ for each in messages(streams, destination))
    for kind in (TradeReversed, ReversalRefused, OrdersAsked):
        assert seen[kind.__name__] > 3, seen
