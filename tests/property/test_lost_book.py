"""Books that are given up at any moment, with streams delayed in any way: money stays true to the unit."""

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.books import check_books
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.simulation.checks.streams import check_replay
from tests.property.exchange_flow import fixed_seeds
from tests.property.exchange_replay import check_replays
from tests.property.lost_flow import LostFlow, Told, run_lost

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


def check(flow: LostFlow) -> Told:
    evidence, streams = flow.evidence(), flow.exchange.said()
    told = Told(evidence, streams)
    told.check_nothing_waits()
    told.check_answers()
    told.check_orders()
    told.check_fills()
    check_assets(evidence)
    check_books(evidence, streams)
    check_replay(evidence, make_reference)
    cost = told.cost_of_late_fills()
    for key, short in flow.short.items():
        assert short <= cost[key], f"{key} is short of {short}, and its late fills cost {cost[key]}"
    flow.check_everything_was_taken()
    return told


@settings(max_examples=60)
@given(flows)
def test_released_orders_hold_nothing_end_once_and_a_late_fill_alone_may_leave_an_account_short(
    seeds: list[int],
) -> None:
    check(run_lost(seeds, note))


@settings(max_examples=15)
@given(flows)
def test_a_history_with_lost_books_ends_the_same_renewed_from_snapshots_or_cut_otherwise(
    seeds: list[int],
) -> None:
    check_replays(run_lost(seeds, note).exchange)


def test_the_flows_release_orders_fill_them_late_and_leave_accounts_short() -> None:
    """So that what is checked above occurs."""
    released, late, short = 0, 0, 0
    for number in range(6):
        flow = run_lost(fixed_seeds(f"lost {number}", 600))
        told = check(flow)
        released += len(told.released)
        late += len(told.late)
        short += sum(amount > 0 for amount in flow.short.values())
    assert released > 100, released
    assert late > 5, late
    assert short > 0, short
