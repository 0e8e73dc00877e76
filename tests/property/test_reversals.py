"""Random flows with busts, corrections and operators' mass cancels: what must hold, holds."""

from collections import Counter

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.mass import OrdersAsked
from bulkhead.domain.messages.reversal import ReversalRefused, TradeReversed
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from tests.property.exchange_flow import fixed_seeds
from tests.property.reversing_flow import run_reversing

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


@settings(max_examples=40)
@given(flows)
def test_whatever_is_undone_every_promise_holds_and_a_replay_is_equal(seeds: list[int]) -> None:
    """Among them: assets are conserved, risk and the ledger agree, balances are what reports add up to."""
    flow = run_reversing(seeds, note)
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)


def test_the_flows_undo_trades_and_refuse_some() -> None:
    seen: Counter[str] = Counter()
    for name in ("one", "two"):
        flow = run_reversing(fixed_seeds(name, 900))
        streams = flow.exchange.said()
        check_everything(flow.evidence(), streams, make_reference)
        destinations = {to for _, to in streams if to.startswith(("reports.", "decisions/"))}
        for destination in sorted(destinations):
            seen.update(type(each).__name__ for each in messages(streams, destination))
    for kind in (TradeReversed, ReversalRefused, OrdersAsked):
        assert seen[kind.__name__] > 3, seen
