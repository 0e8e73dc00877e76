"""Pairs and brackets in risk: what is reserved for them and what their participant is told, step by step."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.control import ReleaseOrders, SetPhase
from bulkhead.domain.messages.linked import (
    ExitStarted,
    OrdersLinked,
    PlaceBracket,
    PlacePair,
)
from bulkhead.domain.messages.mass import MassCancel
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderStatus,
    OrderTriggered,
    ReplaceRejected,
    SessionOpened,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.machine import RiskMachine
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.simulation.checks.reservations import check_reservations
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.operator import Operator

RATE = 10_007
"""the taker's, in 1e-7"""
CAROL, FLOW2 = "carol.main", "flow2.main"


def limit(name: str, side: Side, price_ticks: int, lots: int, account_id: str = CAROL) -> PlaceOrder:
    return PlaceOrder(
        account_id, name, "X-USD", side, OrderType.LIMIT, TimeInForce.GTC, False, price_ticks, None, lots
    )


def stop(name: str, side: Side, stop_ticks: int, worst_ticks: int, lots: int) -> PlaceOrder:
    terms = OrderTerms(stop_price_ticks=stop_ticks)
    return PlaceOrder(
        CAROL, name, "X-USD", side, OrderType.STOP, TimeInForce.GTC, False, None, worst_ticks, lots, terms
    )


PAIR = PlacePair(limit("l", Side.BUY, 95, 5), stop("s", Side.BUY, 103, 105, 5))
BUY_BRACKET = PlaceBracket(
    limit("e", Side.BUY, 100, 10), limit("l", Side.SELL, 105, 10), stop("s", Side.SELL, 96, 94, 10)
)
SELL_BRACKET = PlaceBracket(
    limit("e", Side.SELL, 100, 10), limit("l", Side.BUY, 95, 10), stop("s", Side.BUY, 103, 106, 10)
)


class Market:
    """carol and flow2 on one risk shard."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.carol = self.exchange.trader("carol")
        self.flow2 = self.exchange.trader("flow2")
        self.carol.reports()

    def rest(self, trader: Trader, *commands: Any) -> list[Any]:
        """What its reports say, once everything has come to rest. Every step of risk is looked at."""
        trader.send(*commands)
        for _ in range(4):
            for name in self.exchange.names:
                self.exchange.shards[name].step(0.0)
                self.check()
        return [report for report in trader.reports() if not isinstance(report, SessionOpened)]

    def check(self) -> None:
        """What is reserved is exact, and a snapshot forgets nothing."""
        check_reservations(self.exchange.risk_shards())
        machine = self.exchange.domain("risk/0")
        again = RiskMachine(0)
        again.load(machine.state())
        assert again.state() == machine.state()
        check_reservations([again.risk])

    def reserved(self) -> dict[str, int]:
        """carol's, by asset."""
        balances = self.exchange.risk(0).accounts[CAROL].balances
        return {name: balance.reserved for name, balance in balances.items() if balance.reserved}


@pytest.fixture(name="market")
def _market() -> Iterator[Market]:
    market = Market()
    yield market
    risk = market.exchange.risk(0)
    assert all(route.unanswered == 0 for route in risk.routes.values())
    assert all(each.unanswered == 0 for each in risk.participants.values())


def cost(price_ticks: int, lots: int) -> int:
    notional = price_ticks * lots * 1000
    return notional + notional * RATE // 10**7


def told(reports: list[Any], *kinds: Any) -> list[tuple[str, Any]]:
    """Name of the order, and the report's reason, price or quantity."""
    return [
        (report.client_order_id, getattr(report, "reason", None) or getattr(report, "quantity_lots", None))
        for report in reports
        if isinstance(report, kinds)
    ]


def test_a_pair_reserves_the_dearer_of_its_orders_and_each_is_answered(market: Market) -> None:
    assert market.rest(market.carol, PAIR) == [
        OrderAccepted(2, CAROL, "l", 1, "X-USD"),
        OrderAccepted(2, CAROL, "s", 2, "X-USD"),
        OrdersLinked(2, CAROL, "X-USD", "l", "s", None, 0),
    ]
    assert market.reserved() == {"USD": cost(105, 5)}
    assert market.exchange.risk(0).participants["carol"].open_orders == 2


def test_a_trade_of_one_ends_the_other_and_frees_what_it_held(market: Market) -> None:
    market.rest(market.carol, PAIR)
    market.rest(market.flow2, limit("x", Side.SELL, 95, 2, FLOW2))
    reports = market.carol.reports()
    assert told(reports, OrderFilled, OrderCanceled) == [("l", 2), ("s", Reason.LINKED)]
    assert market.reserved()["USD"] < cost(95, 3) + 2
    assert list(market.exchange.risk(0).accounts[CAROL].live) == ["l"]


def test_the_stop_that_is_triggered_ends_the_limit_order_and_holds_its_own(market: Market) -> None:
    market.rest(market.carol, PAIR)
    market.rest(
        market.flow2, limit("a", Side.SELL, 103, 1, FLOW2), replace(limit("b", Side.BUY, 103, 1, FLOW2))
    )
    reports = market.carol.reports()
    assert [type(report) for report in reports] == [OrderTriggered, OrderCanceled, OrderCanceled]
    assert told(reports, OrderCanceled) == [("l", Reason.LINKED), ("s", Reason.MARKET)]
    assert market.reserved() == {}


def test_a_cancel_of_one_ends_both(market: Market) -> None:
    market.rest(market.carol, PAIR)
    reports = market.rest(market.carol, CancelOrder(CAROL, "s"))
    assert told(reports, OrderCanceled) == [("s", Reason.REQUESTED), ("l", Reason.LINKED)]
    assert market.reserved() == {}


def test_a_replace_of_one_of_a_pair_reserves_the_dearest_of_what_may_happen(market: Market) -> None:
    market.rest(market.carol, PAIR)
    market.carol.send(ReplaceOrder(CAROL, "l", 100, 6))
    market.exchange.shards["risk/0"].step(0.0)
    market.check()
    assert market.reserved() == {"USD": cost(100, 6)}
    assert told(market.rest(market.carol), OrderReplaced) == [("l", 6)]
    reports = market.rest(market.carol, ReplaceOrder(CAROL, "l", 95, 5))
    assert told(reports, OrderReplaced) == [("l", 5)]
    assert market.reserved() == {"USD": cost(105, 5)}


def test_exits_that_sell_what_the_entry_buys_hold_what_it_has_bought(market: Market) -> None:
    assert market.rest(market.carol, BUY_BRACKET)[-1] == OrdersLinked(2, CAROL, "X-USD", "l", "s", "e", 0)
    assert market.reserved() == {"USD": cost(100, 10)}
    market.rest(market.flow2, limit("x", Side.SELL, 100, 4, FLOW2))
    assert market.reserved()["X"] == 4 * 100
    # The entry ends half filled: its exits are active, for what it has bought.
    reports = market.carol.reports() + market.rest(market.carol, CancelOrder(CAROL, "e"))
    assert [report for report in reports if isinstance(report, ExitStarted)] == [
        ExitStarted(3, CAROL, "s", 3, "X-USD", 4),
        ExitStarted(3, CAROL, "l", 2, "X-USD", 4),
    ]
    assert market.reserved() == {"X": 4 * 100}
    market.rest(market.flow2, limit("y", Side.BUY, 105, 4, FLOW2))
    assert told(market.carol.reports(), OrderFilled, OrderCanceled) == [("l", 4), ("s", Reason.LINKED)]
    assert market.reserved() == {}


def test_exits_that_buy_what_the_entry_sells_hold_all_that_it_may_sell(market: Market) -> None:
    market.rest(market.carol, SELL_BRACKET)
    assert market.reserved() == {"X": 10 * 100, "USD": cost(106, 10)}
    market.rest(market.carol, ReplaceOrder(CAROL, "e", 100, 12))
    assert market.reserved() == {"X": 12 * 100, "USD": cost(106, 12)}
    market.rest(market.flow2, limit("x", Side.BUY, 100, 3, FLOW2))
    assert market.reserved() == {"X": 9 * 100, "USD": cost(106, 12)}
    market.rest(market.carol, CancelOrder(CAROL, "e"))
    assert market.reserved() == {"USD": cost(106, 3)}


def test_an_entry_that_ends_with_no_trade_ends_its_exits(market: Market) -> None:
    market.rest(market.carol, SELL_BRACKET)
    reports = market.rest(market.carol, CancelOrder(CAROL, "e"))
    assert told(reports, OrderCanceled) == [
        ("e", Reason.REQUESTED),
        ("l", Reason.LINKED),
        ("s", Reason.LINKED),
    ]
    assert market.reserved() == {}


def test_an_exit_that_ends_first_ends_the_other_and_the_entry_goes_on(market: Market) -> None:
    market.rest(market.carol, SELL_BRACKET)
    reports = market.rest(market.carol, CancelOrder(CAROL, "l"))
    assert told(reports, OrderCanceled) == [("l", Reason.REQUESTED), ("s", Reason.LINKED)]
    assert market.reserved() == {"X": 10 * 100}
    market.rest(market.flow2, limit("x", Side.BUY, 100, 10, FLOW2))
    assert told(market.carol.reports(), OrderFilled, ExitStarted) == [("e", 10)]


def test_a_replace_of_an_exit_that_waits_changes_its_prices_and_never_its_quantity(market: Market) -> None:
    market.rest(market.carol, BUY_BRACKET)
    (refused,) = market.rest(market.carol, ReplaceOrder(CAROL, "l", 106, 9))
    assert refused == ReplaceRejected(3, CAROL, "l", Reason.EXIT_QUANTITY, 10, 9)
    (replaced,) = market.rest(market.carol, ReplaceOrder(CAROL, "l", 106, 10))
    assert replaced == OrderReplaced(4, CAROL, "l", 2, "X-USD", 106, 10, 10)
    # One on its way when the exit becomes active leaves it what its entry has bought, which is what is held.
    market.rest(market.flow2, limit("x", Side.SELL, 100, 4, FLOW2))
    market.carol.reports()
    reports = market.rest(
        market.carol,
        CancelOrder(CAROL, "e"),
        ReplaceOrder(CAROL, "l", 107, 10),
        ReplaceOrder(CAROL, "s", 93, 10, 95),
    )
    assert OrderReplaced(7, CAROL, "l", 2, "X-USD", 107, 4, 4) in reports
    assert OrderReplaced(7, CAROL, "s", 3, "X-USD", 93, 4, 4) in reports
    assert market.reserved() == {"X": 4 * 100}


def test_a_new_session_is_told_which_orders_belong_together(market: Market) -> None:
    market.rest(market.carol, BUY_BRACKET)
    market.rest(market.flow2, limit("x", Side.SELL, 100, 4, FLOW2))
    again = market.exchange.trader("carol", 2)
    reports = again.reports()[-5:]
    assert [type(report) for report in reports] == [SessionOpened, OrdersLinked, *[OrderStatus] * 3]
    assert reports[1] == OrdersLinked(1, CAROL, "X-USD", "l", "s", "e", 4)
    assert [report.leaves_lots for report in reports[2:]] == [6, 10, 10]


def test_a_mass_cancel_of_a_half_filled_bracket_lets_no_exit_become_active(market: Market) -> None:
    market.rest(market.carol, BUY_BRACKET)
    market.rest(market.flow2, limit("x", Side.SELL, 100, 4, FLOW2))
    market.carol.reports()
    reports = market.rest(market.carol, MassCancel("r", CAROL, None, None, None))
    assert told(reports, OrderCanceled, ExitStarted) == [
        ("l", Reason.MASS_CANCEL),
        ("s", Reason.LINKED),
        ("e", Reason.MASS_CANCEL),
    ]
    assert market.reserved() == {}


def test_a_book_that_is_given_up_frees_all_that_linked_orders_hold(market: Market) -> None:
    market.rest(market.carol, SELL_BRACKET)
    market.rest(market.flow2, limit("x", Side.BUY, 100, 4, FLOW2))
    market.carol.reports()
    Operator(market.exchange).decide(ReleaseOrders("X-USD", "gone"))
    reports = market.rest(market.carol)
    assert told(reports, OrderCanceled) == [(name, Reason.BOOK_LOST) for name in ("e", "l", "s")]
    assert market.reserved() == {}
    assert market.exchange.risk(0).orders == {}


def test_what_its_book_refuses_of_a_pair_refuses_both(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.HALTED))
    market.exchange.shards["control/0"].step(0.0)
    reports = market.rest(market.carol, PAIR)
    assert reports == [
        OrderRejected(2, CAROL, name, Reason.INSTRUMENT_HALTED, 1, Phase.HALTED) for name in ("l", "s")
    ]
    assert market.reserved() == {}
    assert market.exchange.risk(0).orders == {}


def _pair(**changes: Any) -> PlacePair:
    return PlacePair(replace(PAIR.limit, **changes), PAIR.stop)


def _bracket(**changes: Any) -> PlaceBracket:
    return replace(SELL_BRACKET, **changes)


@pytest.mark.parametrize(
    ("command", "reason", "bound", "actual"),
    [
        (_pair(account_id="nobody"), Reason.ACCOUNT_UNKNOWN, 0, 0),
        (_pair(account_id=FLOW2), Reason.ACCOUNT_UNKNOWN, 0, 0),
        (_pair(instrument_id="NONE"), Reason.INSTRUMENT_UNKNOWN, 0, 0),
        (_pair(instrument_id="Z-USD"), Reason.LINK, 0, 1),
        (_pair(time_in_force=TimeInForce.IOC), Reason.LINK, 0, 2),
        (PlacePair(PAIR.limit, limit("s", Side.BUY, 103, 5)), Reason.LINK, 0, 3),
        (_pair(side=Side.SELL), Reason.LINK, 0, 4),
        (_bracket(entry=limit("e", Side.BUY, 100, 10)), Reason.LINK, 0, 5),
        (_bracket(entry=limit("e", Side.SELL, 100, 9)), Reason.LINK, 0, 6),
        (_bracket(limit=replace(SELL_BRACKET.limit, post_only=True)), Reason.LINK, 0, 7),
        (
            _bracket(limit=replace(SELL_BRACKET.limit, terms=OrderTerms(min_quantity_lots=1))),
            Reason.LINK,
            0,
            8,
        ),
        (
            _bracket(
                stop=replace(
                    SELL_BRACKET.stop, order_type=OrderType.TRAILING_STOP, terms=OrderTerms(trail_ticks=1)
                )
            ),
            Reason.LINK,
            0,
            9,
        ),
        (_pair(side=9), Reason.LINK, 0, 4),
        (_pair(price_ticks=89), Reason.PRICE_LOW, 90, 89),
        (PlacePair(PAIR.limit, replace(PAIR.stop, quantity_lots=16)), Reason.QUANTITY_HIGH, 15, 16),
        (_pair(client_order_id="s"), Reason.CLIENT_ORDER_ID_REPEATED, 0, 0),
        (_pair(terms=OrderTerms(trader_id="a\nb")), Reason.GROUP, 32, 3),
    ],
)
def test_what_refuses_one_order_refuses_all_for_the_same_reason_and_changes_nothing(
    market: Market, command: Any, reason: Reason, bound: int, actual: int
) -> None:
    before = market.exchange.domain("risk/0").state()
    reports = market.rest(market.carol, command)
    assert reports == [
        OrderRejected(2, leg.account_id, leg.client_order_id, reason, bound, actual) for leg in command.legs
    ]
    after = market.exchange.domain("risk/0").state()
    assert after["accounts"] == before["accounts"]
    assert after["orders"] == after["orders"] == []


def test_a_pair_needs_room_for_two_and_a_bracket_what_both_of_its_sides_cost(market: Market) -> None:
    bought = [limit(f"o{number}", Side.BUY, 110, 15) for number in range(2)]
    market.rest(market.carol, *bought)
    available = 5_000_000 - 2 * cost(110, 15)
    big = PlaceBracket(
        limit("e", Side.SELL, 110, 15), limit("l", Side.BUY, 95, 15), stop("s", Side.BUY, 110, 110, 15)
    )
    market.rest(market.carol, PlacePair(limit("p", Side.BUY, 90, 2), stop("q", Side.BUY, 110, 110, 2)))
    reports = market.rest(market.carol, big)
    needed, available = cost(110, 15), available - cost(110, 2)
    assert told(reports, OrderRejected) == [(name, Reason.BALANCE) for name in ("e", "l", "s")]
    assert {(report.bound, report.actual) for report in reports} == {(available, needed)}


def test_a_participant_has_room_for_both_of_a_pair_or_for_neither() -> None:
    market = Market()
    alice = market.exchange.trader("alice")
    alice.send(*[limit(f"o{number}", Side.BUY, 90, 1, "alice.main") for number in range(6)])
    market.exchange.settle()
    alice.reports()
    pair = PlacePair(
        replace(PAIR.limit, account_id="alice.main", quantity_lots=1),
        replace(PAIR.stop, account_id="alice.main", quantity_lots=1),
    )
    alice.send(pair)
    market.exchange.settle()
    assert [(each.reason, each.bound, each.actual) for each in alice.reports()] == [
        (Reason.OPEN_ORDERS_LIMIT, 7, 6)
    ] * 2


def test_linked_orders_live_on_in_a_shard_that_is_started_anew(market: Market) -> None:
    market.rest(market.carol, BUY_BRACKET)
    market.rest(market.flow2, limit("x", Side.SELL, 100, 4, FLOW2))
    for name in ("risk/0", "book/0"):
        shard = market.exchange.shards[name]
        shard.snapshot()
        market.exchange.start(name)
    again = market.exchange.trader("carol", 2)
    again.reports()
    reports = market.rest(again, CancelOrder(CAROL, "e"))
    assert told(reports, ExitStarted) == [("s", 4), ("l", 4)]
