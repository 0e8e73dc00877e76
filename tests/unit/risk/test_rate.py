"""Orders a second of the exchange's own time: refused beyond the limit, counted the same after a restart."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import SetOrderRate
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected, ReplaceRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader


def order(client_order_id: str) -> PlaceOrder:
    return PlaceOrder("carol.main", client_order_id, "X-USD", Side.BUY, 1, 1, False, 90, None, 1)


class Limited:
    """Carol may have two orders a second."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.exchange.control(SetOrderRate("carol", 2))
        self.ticks(10_000)
        self.carol: Trader = self.exchange.trader("carol")

    def ticks(self, time_ms: int) -> None:
        self.exchange.tick(time_ms)
        self.exchange.settle()

    def told(self, *messages: Any) -> list[Any]:
        self.carol.reports()
        self.carol.send(*messages)
        self.exchange.settle()
        return self.carol.reports()


@pytest.fixture(name="limited")
def _limited() -> Limited:
    return Limited()


def test_an_order_beyond_the_rate_is_refused_with_the_numbers_and_costs_nothing(limited: Limited) -> None:
    told = limited.told(order("one"), order("two"), order("three"))
    assert [type(report) for report in told if not isinstance(report, OrderAccepted)] == [OrderRejected]
    (refused,) = (report for report in told if isinstance(report, OrderRejected))
    assert (refused.client_order_id, refused.reason) == ("three", Reason.ORDER_RATE_LIMIT)
    assert (refused.bound, refused.actual) == (2, 2)
    assert limited.exchange.risk(0).participants["carol"].open_orders == 2


def test_a_replace_counts_and_a_cancel_is_never_refused_for_it(limited: Limited) -> None:
    limited.told(order("one"), ReplaceOrder("carol.main", "one", 91, 1))
    (refused,) = limited.told(ReplaceOrder("carol.main", "one", 92, 1))
    assert isinstance(refused, ReplaceRejected)
    assert (refused.reason, refused.bound, refused.actual) == (Reason.ORDER_RATE_LIMIT, 2, 2)
    (canceled,) = limited.told(CancelOrder("carol.main", "one"))
    assert isinstance(canceled, OrderCanceled)


def test_the_next_second_lets_her_go_on(limited: Limited) -> None:
    limited.told(order("one"), order("two"))
    limited.ticks(10_999)
    (refused,) = limited.told(order("three"))
    assert isinstance(refused, OrderRejected)
    limited.ticks(11_000)
    (accepted,) = limited.told(order("four"))
    assert isinstance(accepted, OrderAccepted)


def test_what_was_counted_outlives_a_restart_from_a_snapshot(limited: Limited) -> None:
    limited.told(order("one"), order("two"))
    limited.exchange.shards["risk/0"].snapshot()
    limited.exchange.start("risk/0")
    (refused,) = limited.told(order("three"))
    assert isinstance(refused, OrderRejected)
    assert refused.reason is Reason.ORDER_RATE_LIMIT


def test_without_a_limit_nothing_is_counted_or_kept(limited: Limited) -> None:
    before = limited.exchange.risk(0).participants["carol"]
    assert before.orders_per_s_max == 2
    limited.exchange.control(SetOrderRate("carol", 0))
    limited.exchange.settle()
    told = limited.told(*(order(f"o{number}") for number in range(5)))
    assert all(isinstance(report, OrderAccepted) for report in told)
    assert b"rates" not in limited.exchange.shards["risk/0"].machine.snapshot()
