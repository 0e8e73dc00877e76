"""Random flows through the whole exchange, with crashes and a log that refuses: what must hold, holds."""

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.books import check_books, check_fills
from bulkhead.simulation.checks.ledger import check_assets
from bulkhead.simulation.checks.reports import check_reports
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import Flow, fixed_seeds, run

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)
"""Seeds of actions. A shorter flow seldom gets further than its first orders."""


@settings(max_examples=40)
@given(flows)
def test_at_all_times_exactly_what_open_orders_could_cost_is_reserved_and_it_is_there(
    seeds: list[int],
) -> None:
    flow = Flow(note)
    for seed in seeds:
        flow.act(seed)
        check_reservations(flow.exchange.risk_shards())
    flow.finish()
    check_reservations(flow.exchange.risk_shards())


@settings(max_examples=40)
@given(flows)
def test_no_asset_is_created_or_lost(seeds: list[int]) -> None:
    check_assets(run(seeds, note).evidence())


@settings(max_examples=40)
@given(flows)
def test_every_command_has_one_answer_and_every_order_ends_once_within_what_was_wanted(
    seeds: list[int],
) -> None:
    flow = run(seeds, note)
    check_reports(flow.evidence(), flow.exchange.said())
    flow.check_everything_was_taken()


@settings(max_examples=40)
@given(flows)
def test_no_book_crosses_and_trades_go_by_price_then_time_as_market_data_alone_show(seeds: list[int]) -> None:
    flow = run(seeds, note)
    evidence, streams = flow.evidence(), flow.exchange.said()
    check_books(evidence, streams)
    check_fills(evidence, streams)


def test_a_long_flow_with_hundreds_of_crashes_keeps_every_promise() -> None:
    flow = run(fixed_seeds("long", 3000))
    assert flow.crashes > 200
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
