"""What an instrument asks of its orders, through the exchange: early auction orders wait, slices are no less
than they must be.
"""

from typing import Any

import pytest

from bulkhead.domain.messages.control import SetOrderRules, SetPhase
from bulkhead.domain.messages.market_data import DepthAdded, IndicativePublished, TradePublished
from bulkhead.domain.messages.mass import RequestOrders
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderStatus,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from tests.unit.book.auction_market import Market

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture(name="market")
def _market() -> Market:
    """Icebergs on X-USD show three lots, and early orders wait."""
    market = Market()
    market.decide(SetOrderRules("X-USD", 3, True))
    return market


def restart(market: Market) -> None:
    """Every shard from its snapshot."""
    for name in market.exchange.names:
        market.exchange.shards[name].snapshot()
        market.exchange.start(name)


def iceberg(name: str, lots: int, shown_lots: int) -> PlaceOrder:
    terms = (OrderType.LIMIT, TimeInForce.GTC, False, 100, None, lots, OrderTerms(display_lots=shown_lots))
    return PlaceOrder("alice.main", name, "X-USD", BUY, *terms)


def test_an_early_at_close_order_waits_unseen_over_restarts_and_trades_in_the_closing_auction(
    market: Market,
) -> None:
    (accepted,) = market.place("alice", BUY, 3, 101, time_in_force=TimeInForce.AT_CLOSE)
    assert type(accepted) is OrderAccepted
    restart(market)
    assert not [event for event in market.news() if type(event) is DepthAdded]
    _, status = market.send("alice", RequestOrders("l", None))
    assert (type(status), status.time_in_force, status.leaves_lots) == (OrderStatus, TimeInForce.AT_CLOSE, 3)
    market.place("bob", SELL, 2, 101)  # it rests: who waits unseen meets nobody
    market.decide(SetPhase("X-USD", Phase.CLOSING_AUCTION))
    restart(market)
    news = market.decide(SetPhase("X-USD", Phase.CLOSED))
    assert [event.quantity_lots for event in news if type(event) is TradePublished] == [2]
    filled, canceled = market.reports("alice")
    assert (type(filled), filled.quantity_lots) == (OrderFilled, 2)
    assert (type(canceled), canceled.reason) == (OrderCanceled, Reason.PHASE)


def test_when_its_call_begins_an_early_order_is_published_and_counts_in_the_indicative_price(
    market: Market,
) -> None:
    market.place("alice", BUY, 3, 101, time_in_force=TimeInForce.AT_OPEN)
    market.place("bob", SELL, 2, 101)
    market.news()
    news = market.decide(SetPhase("X-USD", Phase.AUCTION))
    assert [event.quantity_lots for event in news if type(event) is DepthAdded] == [3]
    assert IndicativePublished("X-USD", 101, 2) in news


def test_an_early_order_is_replaced_and_canceled_while_it_waits(market: Market) -> None:
    market.place("alice", BUY, 3, 101, time_in_force=TimeInForce.AT_CLOSE)
    (replaced,) = market.send("alice", ReplaceOrder("alice.main", "o1", 102, 5))
    assert (type(replaced), replaced.leaves_lots) == (OrderReplaced, 5)
    (canceled,) = market.send("alice", CancelOrder("alice.main", "o1"))
    assert (type(canceled), canceled.quantity_lots) == (OrderCanceled, 5)


def test_where_the_instrument_does_not_have_it_so_an_early_order_is_refused_by_its_book() -> None:
    (refused,) = Market().place("alice", BUY, 3, 101, time_in_force=TimeInForce.AT_CLOSE)
    told = refused.reason, refused.bound, refused.actual
    assert told == (Reason.UNTIMELY, Phase.CONTINUOUS, TimeInForce.AT_CLOSE)


@pytest.mark.parametrize(
    ("order", "bound"), [(iceberg("i", 9, 2), 3), (iceberg("i", 2, 1), 2), (iceberg("i", 3, 2), 3)]
)
def test_a_slice_that_is_too_small_is_refused_with_what_it_would_have_to_be(
    market: Market, order: PlaceOrder, bound: int
) -> None:
    (refused,) = market.send("alice", order)
    assert type(refused) is OrderRejected
    assert order.terms is not None
    told = refused.reason, refused.bound, refused.actual
    assert told == (Reason.QUANTITY_LOW, bound, order.terms.display_lots)


@pytest.mark.parametrize("order", [iceberg("i", 9, 3), iceberg("i", 2, 2), iceberg("i", 9, 0)])
def test_the_least_slice_all_of_a_small_order_and_a_hidden_one_are_taken(
    market: Market, order: PlaceOrder
) -> None:
    (accepted,) = market.send("alice", order)
    assert type(accepted) is OrderAccepted


def test_a_replace_that_would_make_a_slice_too_small_is_refused_also_after_a_restart(market: Market) -> None:
    def refused(command: Any) -> tuple[Reason, int, int]:
        (report,) = market.send("alice", command)
        assert type(report) is ReplaceRejected
        return report.reason, report.bound, report.actual

    market.send("alice", iceberg("i", 2, 2))
    restart(market)
    assert refused(ReplaceOrder("alice.main", "i", 100, 9)) == (Reason.QUANTITY_LOW, 3, 2)
    market.place("bob", SELL, 1, 100)
    # Of three in all one has traded: what is left is shown.
    (replaced,) = market.send("alice", ReplaceOrder("alice.main", "i", 100, 3))
    assert type(replaced) is OrderReplaced
