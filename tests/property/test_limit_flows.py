"""Random flows through an exchange with limits, with crashes: what open orders come to is counted exactly,
and never beyond a bound.
"""

from collections import Counter

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.exposure import WHOLE, part_of
from bulkhead.domain.risk.model import Participant, Risk
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.exchange_topology import TEXT

LIMITS = """\
    limits:
      open_orders_max: 4
      order_size_max: {X: "0.9"}
      position_max: {X: "91", Z: "12"}
      account_position_max: {Z: "11"}
      open_notional_max: {USD: "1.6"}
      credit_max: {USD: "0.9", X: "1.5"}
      cancel_ratio: {per_100_orders: 10, window_s: 60, free: 1}
"""
CAROL = '    balances: {USD: "5", X: "90", Z: "9"}\n'
COLLAR = "{base: X, quote: USD, price_collar: {per_mille: 40}, "
LIMITED = TEXT.replace(CAROL, CAROL + LIMITS).replace("{base: X, quote: USD, ", COLLAR)

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


def check_exposure(shards: list[Risk]) -> None:
    for risk in shards:
        for participant in risk.participants.values():
            if participant.caps is not None:
                _check(risk, participant)


def _check(risk: Risk, participant: Participant) -> None:
    """Against all orders of the shard, looked at one by one."""
    caps = participant.caps
    assert caps is not None
    sums: dict[str, Counter[object]] = {"buying": Counter(), "notional": Counter(), "reserved": Counter()}
    for order in risk.orders.values():
        if order.account.participant is participant and not (order.ended or order.released):
            part = part_of(order, (order.version, *order.amendments), order.reserved)
            base_asset_id = order.instrument.base_asset_id
            sums["buying"][order.account.account_id, base_asset_id] += part.buying
            sums["buying"][WHOLE, base_asset_id] += part.buying
            sums["notional"][order.instrument.quote_asset_id] += part.notional
            sums["reserved"][order.pays_asset_id] += part.reserved
    for name, counted in sums.items():
        kept = getattr(caps.exposure, name)
        assert {key: value for key, value in kept.items() if value} == {
            key: value for key, value in counted.items() if value
        }
    for bounds, name in ((caps.open_notional, "notional"), (caps.credit, "reserved")):
        for asset_id, bound in bounds.items():
            assert sums[name][asset_id] <= bound


@settings(max_examples=40)
@given(flows)
def test_at_all_times_what_open_orders_come_to_is_counted_exactly_and_within_its_bounds(
    seeds: list[int],
) -> None:
    flow = Flow(note, LIMITED)
    for seed in seeds:
        flow.act(seed)
        check_exposure(flow.exchange.risk_shards())
    flow.finish()
    check_exposure(flow.exchange.risk_shards())


def test_a_long_flow_with_limits_keeps_every_promise() -> None:
    flow = Flow(lambda text: None, LIMITED)
    for seed in fixed_seeds("limits", 2000):
        flow.act(seed)
    flow.finish()
    check_exposure(flow.exchange.risk_shards())
    streams = flow.exchange.said()
    check_everything(flow.evidence(), streams, make_reference)
    refused = {getattr(report, "reason", None) for report in messages(streams, "reports.carol/0")}
    assert refused >= {Reason.PRICE_COLLAR, Reason.CANCEL_RATIO_LIMIT, Reason.POSITION_LIMIT}
