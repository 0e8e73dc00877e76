"""Slots move at any moment although some participants write through gateways, which die and double: nothing
is lost, doubled or misordered, on both engines.
"""

import random

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.ingress import check_forwarded
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import fixed_seeds
from tests.property.exchange_replay import check_replays
from tests.property.gated_flow import GatedFlow, run_gated

EVERYBODY = ("alice", "bob", "carol", "flow2")
whom = st.sampled_from([EVERYBODY, EVERYBODY, ("alice", "carol"), ("bob",)])
flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


def check(flow: GatedFlow) -> None:
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
    check_forwarded(flow.evidence(), (), ())
    flow.check_everything_was_taken()


@settings(max_examples=20)
@given(whom, flows)
def test_moves_lose_double_and_misorder_nothing(gated: tuple[str, ...], seeds: list[int]) -> None:
    flow = run_gated(gated, seeds, note)
    check(flow)
    flow.end(random.Random(len(seeds)))
    check(flow)
    flow.close()


@settings(max_examples=6)
@given(whom, flows)
def test_a_history_ends_the_same_renewed_from_snapshots_or_cut_otherwise(
    gated: tuple[str, ...], seeds: list[int]
) -> None:
    flow = run_gated(gated, seeds, note)
    check_replays(flow.exchange)
    flow.close()


@pytest.mark.parametrize("gated", [EVERYBODY, ("alice", "carol")])
def test_participants_move_often_and_trade_meanwhile(gated: tuple[str, ...]) -> None:
    """So that what is checked above occurs."""
    moves = trades = passed = 0
    for number in range(4):
        flow = run_gated(gated, fixed_seeds(f"gated moves {number}", 400))
        check(flow)
        flow.end(random.Random(number))
        check(flow)
        moves += sum(trader.moves for trader in flow.traders if trader.participant_id in gated)
        trades += sum(type(each).__name__ == "OrderFilled" for trader in flow.traders for each in trader.told)
        passed += flow.passed_over()
        flow.close()
    assert moves > 5, moves
    assert trades > 5, trades
    assert passed > 0, "no frame was signed for the shard of before when another one's gateway found it"
