"""Slots that move between risk shards and between settlement shards, one of each new, at any moment, with
streams delayed in any way: nothing is lost, doubled or misordered, on both engines.
"""

import random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.moving import SlotsMoved
from bulkhead.domain.messages.settlement_shards import BalanceComes
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from bulkhead.wire.codec import encode
from tests.property.exchange_flow import fixed_seeds
from tests.property.exchange_replay import check_replays
from tests.property.moving_flow import NEW, MovingFlow, run_moving

BALANCE_COMES = encode(BalanceComes("a", "b", 0, 0))[1:3]
SLOTS_MOVED = encode(SlotsMoved(0))[1:2]
flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


def check(flow: MovingFlow) -> None:
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
    flow.check_everything_was_taken()


@settings(max_examples=25)
@given(flows)
def test_moves_lose_double_and_misorder_nothing(seeds: list[int]) -> None:
    flow = run_moving(seeds, note)
    check(flow)
    flow.end(random.Random(len(seeds)))
    check(flow)


@settings(max_examples=8)
@given(flows)
def test_a_history_with_moves_ends_the_same_renewed_from_snapshots_or_cut_otherwise(
    seeds: list[int],
) -> None:
    check_replays(run_moving(seeds, note).exchange)


def test_participants_move_often_and_trade_meanwhile() -> None:
    """So that what is checked above occurs."""
    moves = trades = new = ended = booked = balances = ledgers = parts = 0
    for number in range(6):
        flow = run_moving(fixed_seeds(f"moves {number}", 400))
        check(flow)
        new += flow.exchange.risk(NEW).orders_issued
        ledger = flow.exchange.domain(f"settlement/{NEW}").settlement
        booked += ledger.legs
        said = flow.exchange.said()
        parts += flow.exchange.domain("control/0").control.moves
        parts -= sum(message[1:2] == SLOTS_MOVED for message in said["control/0", DECISIONS])
        balances += sum(
            message[1:3] == BALANCE_COMES
            for (source, destination), events in said.items()
            if source.startswith("settlement/") and destination.startswith("settlement/")
            for message in events
        )
        flow.end(random.Random(number))
        check(flow)
        ended += len(flow.control.retired)
        ledgers += len(flow.control.retired_settlement)
        moves += sum(trader.moves for trader in flow.traders)
        trades += sum(type(each).__name__ == "OrderFilled" for trader in flow.traders for each in trader.told)
    assert moves > 10, moves
    assert trades > 10, trades
    assert parts > 5, f"{parts} parts of moves had another one behind them"
    assert new > 0, "nobody has traded on the new risk shard"
    assert ended > 0, "it was never ended"
    assert booked > 10, f"the new settlement shard has booked {booked} legs"
    assert balances > 10, f"{balances} balances have gone to another settlement shard"
    assert ledgers > 0, "the new settlement shard was never ended"
