"""What is reserved while replaces are unanswered: the dearest history that is still possible."""

from bulkhead.domain.messages.participant import PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderReplaced, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.replace import REPLACES_IN_FLIGHT_MAX
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange

RATE = 10_007
"""the taker's, in 1e-7"""


def _limit(account_id: str, name: str, side: Side, price_ticks: int, quantity_lots: int) -> PlaceOrder:
    return PlaceOrder(
        account_id,
        name,
        "X-USD",
        side,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        price_ticks,
        None,
        quantity_lots,
    )


def _exchange(carol_usd: str) -> MemoryExchange:
    return MemoryExchange(TEXT.replace('USD: "5", X: "90"', f'USD: "{carol_usd}", X: "90"'))


def _usd(exchange: MemoryExchange) -> tuple[int, int]:
    """carol's: reserved, total"""
    balance = exchange.risk(0).accounts["carol.main"].balances["USD"]
    return balance.reserved, balance.total


def _cost(notional: int) -> int:
    return notional + notional * RATE // 10**7


def test_a_replace_is_refused_when_fills_before_it_arrives_could_make_it_cost_more_than_there_is() -> None:
    exchange = _exchange("1.4")
    carol = exchange.trader("carol")
    carol.send(_limit("carol.main", "a", Side.BUY, 110, 10))
    exchange.settle()
    carol.reports()
    # 15 lots at 90 cost 1,350,000 and are there; 9 lots at 110 and then 6 at 90 cost 1,530,000 and are not.
    carol.send(ReplaceOrder("carol.main", "a", 90, 15))
    exchange.settle()
    assert carol.reports() == [
        ReplaceRejected(3, "carol.main", "a", Reason.BALANCE, 1_400_000, _cost(1_530_000))
    ]
    assert _usd(exchange) == (_cost(1_100_000), 1_400_000)


def test_fills_at_the_old_price_before_a_larger_cheaper_replace_stay_within_the_reservation() -> None:
    exchange = _exchange("1.6")
    carol, bob = exchange.trader("carol"), exchange.trader("bob")
    carol.send(_limit("carol.main", "a", Side.BUY, 110, 10))
    exchange.settle()
    bob.send(_limit("bob.main", "s", Side.SELL, 110, 9))
    exchange.shards["risk/1"].step(0.0)
    carol.send(ReplaceOrder("carol.main", "a", 90, 15))
    exchange.shards["risk/0"].step(0.0)
    assert _usd(exchange) == (_cost(1_530_000), 1_600_000)
    exchange.shards["book/0"].step(
        0.0
    )  # bob's order is there first: 9 lots trade at 110, then the replace applies
    exchange.settle()
    rebate = -(-990_000 * 2_503 // 10**7)
    reserved, total = _usd(exchange)
    assert total == 1_600_000 - 990_000 + rebate
    assert 540_000 < reserved <= total
    assert OrderReplaced(3, "carol.main", "a", 1, "X-USD", 90, 15, 6) in carol.reports()


def test_a_replace_up_in_price_and_down_in_quantity_reserves_the_dearer_version_only() -> None:
    exchange = _exchange("1.4")
    carol = exchange.trader("carol")
    carol.send(_limit("carol.main", "a", Side.BUY, 90, 15), ReplaceOrder("carol.main", "a", 110, 12))
    exchange.shards["risk/0"].step(0.0)
    # Once a lot has traded at 90 the second version may execute one lot less: never both in full.
    assert _usd(exchange) == (_cost(max(15 * 90_000, 12 * 110_000)), 1_400_000)


def test_an_order_has_a_bounded_number_of_replaces_in_flight() -> None:
    text = TEXT.replace("commands_in_flight_max: 9", "commands_in_flight_max: 1000")
    exchange = MemoryExchange(text)
    carol = exchange.trader("carol")
    carol.send(_limit("carol.main", "a", Side.BUY, 90, 2))
    carol.send(*[ReplaceOrder("carol.main", "a", 91, 3)] * (REPLACES_IN_FLIGHT_MAX + 2))
    exchange.settle()
    rejected = [report for report in carol.reports() if isinstance(report, ReplaceRejected)]
    assert [(report.reason, report.bound, report.actual) for report in rejected] == [
        (Reason.COMMANDS_IN_FLIGHT_LIMIT, REPLACES_IN_FLIGHT_MAX, REPLACES_IN_FLIGHT_MAX)
    ] * 2


def test_a_refused_order_opens_no_balance() -> None:
    exchange = MemoryExchange(TEXT)
    flow = exchange.trader("flow2")
    before = exchange.domain("risk/0").state()["accounts"]
    flow.send(PlaceOrder("flow2.main", "a", "Z-USD", Side.SELL, 1, 1, False, 100, None, 4))
    exchange.settle()
    assert flow.reports()[-1].reason is Reason.BALANCE
    assert exchange.domain("risk/0").state()["accounts"] == before
