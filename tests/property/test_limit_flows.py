"""Random flows through an exchange with limits, with crashes: what open orders come to is counted exactly,
and never beyond a bound.
"""

from collections import Counter

from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.exposure import WHOLE
from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.risk.model import Link, Order, Participant, Risk
from bulkhead.domain.terms import Side
from bulkhead.machines.factory import make_reference
from bulkhead.simulation.checks.together import check_everything
from bulkhead.simulation.evidence import messages
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.exchange_topology import TEXT
from tests.property.test_linked_flows import LinkedFlow

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
OPEN = LIMITED.replace("open_orders_max: 4", "open_orders_max: 40").replace("free: 1}", "free: 1000}")
"""so that what its orders come to is what refuses more of them"""

flows = st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=150)


def check_exposure(shards: list[Risk]) -> None:
    for risk in shards:
        for participant in risk.participants.values():
            if participant.caps is not None:
                _check(risk, participant)


def _check(risk: Risk, participant: Participant) -> None:
    """Against all orders of the shard, looked at one by one; of a pair the one that comes to more."""
    caps = participant.caps
    assert caps is not None
    sums: dict[str, Counter[object]] = {"buying": Counter(), "notional": Counter(), "reserved": Counter()}
    pairs: dict[Link, list[Order]] = {}
    for order in risk.orders.values():
        if order.account.participant is not participant or order.ended or order.released or order.doomed:
            continue
        sums["reserved"][order.pays_asset_id] += order.reserved
        if order.link is not None and order is not order.link.entry:
            pairs.setdefault(order.link, []).append(order)
        else:
            _count(sums, [order])
    for both in pairs.values():
        assert len(both) == 2
        _count(sums, both)
    for name, counted in sums.items():
        kept = getattr(caps.exposure, name)
        assert {key: value for key, value in kept.items() if value} == {
            key: value for key, value in counted.items() if value
        }
    for bounds, name in ((caps.open_notional, "notional"), (caps.credit, "reserved")):
        for asset_id, bound in bounds.items():
            assert sums[name][asset_id] <= bound


def _count(sums: dict[str, Counter[object]], either: list[Order]) -> None:
    """Of these orders one trades."""
    instrument, account_id = either[0].instrument, either[0].account.account_id
    buying = max(_most_lots(order) for order in either) if either[0].side is Side.BUY else 0
    for whose in (account_id, WHOLE):
        sums["buying"][whose, instrument.base_asset_id] += buying * instrument.lot_units
    sums["notional"][instrument.quote_asset_id] += (
        max(_most_tick_lots(order) for order in either) * instrument.tick_lot_units
    )


def _most_lots(order: Order) -> int:
    """That it may still trade, or, where it waits for its entry's end, may have traded by then."""
    if order.parked:
        assert order.link is not None
        entry = order.link.entry
        return order.link.filled_lots + (0 if entry is None else _most_lots(entry))
    return max(0, *(each.quantity_lots - order.executed_lots for each in (order.version, *order.amendments)))


def _most_tick_lots(order: Order) -> int:
    versions = (order.version, *order.amendments)
    if order.parked:
        return max(each.price_ticks for each in versions) * _most_lots(order)
    return max(0, *(each.price_ticks * (each.quantity_lots - order.executed_lots) for each in versions))


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


def _linked_flow(seeds: list[int]) -> Counter[object]:
    """How often each reason was told to carol."""
    flow = LinkedFlow(note if len(seeds) <= 150 else lambda text: None, OPEN)
    for seed in seeds:
        flow.act(seed)
        shards = flow.exchange.risk_shards()
        check_exposure(shards)
        for risk in shards:
            again = RiskMachine(risk.shard)
            again.load(flow.exchange.domain(f"risk/{risk.shard}").state())
            check_exposure([again.risk])
    flow.finish()
    check_exposure(flow.exchange.risk_shards())
    reports = messages(flow.exchange.said(), "reports.carol/0")
    return Counter(getattr(report, "reason", None) for report in reports)


@settings(max_examples=40)
@given(flows)
def test_of_a_pair_the_one_that_comes_to_more_is_counted_at_all_times(seeds: list[int]) -> None:
    _linked_flow(seeds)


def test_a_long_flow_of_pairs_and_brackets_is_held_to_its_bounds() -> None:
    told = _linked_flow(fixed_seeds("linked limits", 1500))
    for reason in (Reason.POSITION_LIMIT, Reason.OPEN_NOTIONAL_LIMIT, Reason.CREDIT_LIMIT, Reason.LINKED):
        assert told[reason], told


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
