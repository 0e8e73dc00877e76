"""What a book refuses or ends has passed risk: its numbers are told, and what was reserved is free."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.machine import Impossible
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.orders import OrderAmended, OrderEntered, OrderExecuted
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce
from tests.property.exchange_topology import TEXT
from tests.property.unreliable_log import UnreliableLog
from tests.support.exchange import MemoryExchange, Trader

BUY = PlaceOrder("carol.main", "b", "X-USD", Side.BUY, 1, 1, False, 100, None, 5)
SELL = replace(BUY, account_id="flow2.main", client_order_id="s", side=Side.SELL)
CANCEL = CancelOrder("carol.main", "b")
UP = ReplaceOrder("carol.main", "b", 101, 6)


class Market:
    """carol and flow2 on one risk shard, and everything that they hold."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.carol = self.exchange.trader("carol")
        self.flow2 = self.exchange.trader("flow2")

    def rest(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def ahead(self, message: Any) -> None:
        """Have control's message in the book's partition, before any order that follows; the book waits."""
        self.exchange.control(message)
        self.exchange.shards["control/0"].step(0.0)

    def reserved(self) -> dict[tuple[str, str], int]:
        return {
            (account_id, asset_id): balance.reserved
            for account_id, account in self.exchange.risk(0).accounts.items()
            for asset_id, balance in account.balances.items()
            if balance.reserved
        }

    def at_rest(self) -> bool:
        """Nothing is unanswered."""
        risk = self.exchange.risk(0)
        routes = sum(route.unanswered for route in risk.routes.values())
        return routes == sum(each.unanswered for each in risk.participants.values()) == 0


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def test_a_post_only_order_that_would_trade_is_refused_with_both_prices(market: Market) -> None:
    market.rest(market.flow2, replace(SELL, price_ticks=99))
    before = market.reserved()
    assert market.rest(market.carol, replace(BUY, post_only=True))[-1:] == [
        OrderRejected(2, "carol.main", "b", Reason.POST_ONLY, 99, 100)
    ]
    assert market.reserved() == before
    assert market.at_rest()


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.CLOSED])
def test_an_order_that_meets_a_halt_on_its_way_is_refused(market: Market, phase: Phase) -> None:
    market.ahead(SetPhase("X-USD", phase))
    assert market.rest(market.carol, BUY)[-1:] == [
        OrderRejected(2, "carol.main", "b", Reason.INSTRUMENT_HALTED, 1, phase)
    ]
    assert market.reserved() == {}
    assert market.at_rest()


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.CLOSED])
def test_a_replace_that_meets_a_halt_on_its_way_leaves_the_order_as_it_was(
    market: Market, phase: Phase
) -> None:
    market.rest(market.carol, BUY)
    before = market.reserved()
    market.ahead(SetPhase("X-USD", phase))
    assert market.rest(market.carol, UP) == [
        ReplaceRejected(3, "carol.main", "b", Reason.INSTRUMENT_HALTED, 1, phase)
    ]
    assert market.reserved() == before
    assert market.at_rest()


def test_a_cancel_is_taken_while_an_instrument_is_halted(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.exchange.control(SetPhase("X-USD", Phase.HALTED))
    market.exchange.settle()
    assert market.rest(market.carol, CANCEL) == [
        OrderCanceled(3, "carol.main", "b", 1, "X-USD", 5, Reason.REQUESTED)
    ]
    assert market.reserved() == {}


def test_a_cancel_that_meets_a_closing_on_its_way_is_refused_with_the_phase(market: Market) -> None:
    market.rest(market.carol, BUY)
    before = market.reserved()
    market.ahead(SetPhase("X-USD", Phase.CLOSED))
    assert market.rest(market.carol, CANCEL) == [
        CancelRejected(3, "carol.main", "b", Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.CLOSED)
    ]
    assert market.reserved() == before
    market.exchange.control(SetPhase("X-USD", Phase.HALTED))
    market.exchange.settle()
    assert market.rest(market.carol, CANCEL) == [
        OrderCanceled(4, "carol.main", "b", 1, "X-USD", 5, Reason.REQUESTED)
    ]


def test_a_post_only_order_is_not_moved_to_where_it_would_trade(market: Market) -> None:
    market.rest(market.flow2, replace(SELL, price_ticks=102))
    market.rest(market.carol, replace(BUY, post_only=True))
    before = market.reserved()
    assert market.rest(market.carol, replace(UP, price_ticks=103)) == [
        ReplaceRejected(3, "carol.main", "b", Reason.POST_ONLY, 102, 103)
    ]
    assert market.reserved() == before


def _crossing(market: Market, command: Any) -> list[Any]:
    """carol's order is filled by one that reaches the book just before her command."""
    market.rest(market.carol, BUY)
    market.flow2.send(SELL)
    market.exchange.shards["risk/0"].step(0.0)
    return market.rest(market.carol, command)


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (CANCEL, CancelRejected(3, "carol.main", "b", Reason.ORDER_UNKNOWN, 0, 0)),
        (UP, ReplaceRejected(3, "carol.main", "b", Reason.ORDER_UNKNOWN, 0, 0)),
    ],
    ids=["cancel", "replace"],
)
def test_a_command_that_crosses_the_last_fill_is_refused_after_it(
    market: Market, command: Any, refusal: Any
) -> None:
    rebate = -500_000 * 2_503 // 10**7
    assert _crossing(market, command) == [
        OrderFilled(3, "carol.main", "b", 1, "X-USD", Side.BUY, 1, 100, 5, 0, Role.MAKER, rebate),
        refusal,
    ]
    assert market.reserved() == {}
    assert market.exchange.risk(0).orders == {}
    assert market.at_rest()


def test_a_total_at_what_was_executed_ends_the_order_once(market: Market) -> None:
    market.rest(market.carol, BUY)
    market.flow2.send(replace(SELL, quantity_lots=3))
    market.exchange.shards["risk/0"].step(0.0)
    commands = [ReplaceOrder("carol.main", "b", 100, 3), ReplaceOrder("carol.main", "b", 100, 9), CANCEL]
    told = market.rest(market.carol, *commands)
    assert told[1:] == [
        OrderReplaced(5, "carol.main", "b", 1, "X-USD", 100, 3, 0),
        ReplaceRejected(5, "carol.main", "b", Reason.ORDER_UNKNOWN, 0, 0),
        CancelRejected(5, "carol.main", "b", Reason.ORDER_UNKNOWN, 0, 0),
    ]
    assert isinstance(told[0], OrderFilled)
    assert market.reserved() == {}
    assert market.at_rest()


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (replace(BUY, time_in_force=TimeInForce.IOC), Reason.IMMEDIATE_OR_CANCEL),
        (replace(BUY, time_in_force=TimeInForce.FOK), Reason.FILL_OR_KILL),
        (
            replace(BUY, order_type=OrderType.MARKET, price_ticks=None, protection_price_ticks=100),
            Reason.MARKET,
        ),
    ],
    ids=["ioc", "fok", "market"],
)
def test_what_an_order_cannot_trade_at_once_is_canceled_with_its_reason(
    market: Market, order: PlaceOrder, reason: Reason
) -> None:
    market.rest(market.flow2, replace(SELL, quantity_lots=2))
    told = market.rest(market.carol, order)[-3:]
    left = 5 if reason is Reason.FILL_OR_KILL else 3
    assert told[-1] == OrderCanceled(2, "carol.main", "b", 2, "X-USD", left, reason)
    assert OrderAccepted(2, "carol.main", "b", 2, "X-USD") in told
    assert ("carol.main", "USD") not in market.reserved()
    assert market.at_rest()


def test_an_order_for_an_instrument_that_its_book_has_not_heard_of_is_refused() -> None:
    logs: list[UnreliableLog] = []

    def wrap(log: Any) -> UnreliableLog:
        logs.append(UnreliableLog(log))
        logs[0].stuck = {("control/0", "books/0")}
        return logs[0]

    exchange = MemoryExchange(TEXT, wrap=wrap, settled=False)
    for name in exchange.names * 2:
        exchange.shards[name].step(0.0)
    carol = Trader(exchange, "carol")
    carol.open()
    carol.send(BUY)
    for name in ("risk/0", "book/0", "risk/0"):
        exchange.shards[name].step(0.0)
    assert carol.reports()[-1] == OrderRejected(2, "carol.main", "b", Reason.INSTRUMENT_UNKNOWN, 0, 0)
    assert exchange.risk(0).orders == {}


@pytest.mark.parametrize("event", [OrderEntered(77), OrderExecuted(77, 1, 100, 1, Role.MAKER, 0)])
def test_an_answer_about_an_order_that_was_never_sent_is_impossible(event: Any) -> None:
    handlers = Market().exchange.domain("risk/0").handlers
    with pytest.raises(Impossible, match="order 77, which this shard never sent"):
        handlers[type(event)](event, [])


def test_an_answer_to_a_replace_that_was_never_sent_is_impossible() -> None:
    market = Market()
    market.rest(market.carol, BUY)
    (order_id,) = market.exchange.risk(0).orders
    handlers = market.exchange.domain("risk/0").handlers
    with pytest.raises(Impossible, match=f"a replace of order {order_id}, and none was sent"):
        handlers[OrderAmended](OrderAmended(order_id, 101, 6, 6), [])
