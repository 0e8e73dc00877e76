"""Mass cancels, a participant's and an operator's, and the list of live orders."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import DecisionRefused, DecisionTaken
from bulkhead.domain.messages.mass import (
    MassCancel,
    MassCanceled,
    MassCancelMissed,
    OperatorMassCancel,
    OrdersAsked,
    OrdersListed,
    RequestOrders,
    RequestRejected,
)
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    OrderFilled,
    OrderStatus,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Side
from tests.property.exchange_topology import TEXT
from tests.unit.risk.market import ALL, OPERATOR, Market, ended, order


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


@pytest.mark.parametrize(
    ("instrument", "side", "group", "gone"),
    [
        (None, None, None, {"x-buy", "x-sell", "z-buy"}),
        ("X-USD", None, None, {"x-buy", "x-sell"}),
        (None, Side.BUY, None, {"x-buy", "z-buy"}),
        ("X-USD", Side.SELL, "", {"x-sell"}),
        (None, None, "a group", set()),
    ],
)
def test_every_live_order_of_the_account_that_fits_ends_and_no_other(
    market: Market, instrument: str | None, side: int | None, group: str | None, gone: set[str]
) -> None:
    reports = market.say(market.alice, MassCancel("m", "alice.main", instrument, side, group))
    assert reports[0] == MassCanceled(6, "m", "alice.main", len(gone), 0, 0)
    assert ended(reports) == gone
    assert len(reports) == 1 + len(gone)
    left = market.say(market.alice, RequestOrders("l", None))
    assert {each.client_order_id for each in left[1:]} == {each.client_order_id for each in ALL} - gone


def test_a_quote_group_is_canceled_and_what_is_in_none_is_a_group_too(market: Market) -> None:
    quotes = [
        replace(order(name, "X-USD", Side.BUY, 95), terms=OrderTerms(quote_group=group))
        for name, group in (("q1", "g"), ("q2", "g"), ("q3", "h"))
    ]
    market.say(market.alice, *quotes)
    of_group = market.say(market.alice, MassCancel("m", "alice.main", None, None, "g"))
    assert ended(of_group) == {"q1", "q2"}
    of_none = market.say(market.alice, MassCancel("m", "alice.main", None, None, ""))
    assert ended(of_none) == {"x-buy", "x-sell", "z-buy"}
    of_any = market.say(market.alice, MassCancel("m", "alice.main", None, None, None))
    assert ended(of_any) == {"q3"}


@pytest.mark.parametrize(
    ("command", "reason", "actual"),
    [
        (MassCancel("m", "bob.main", None, None, None), Reason.ACCOUNT_UNKNOWN, 0),
        (MassCancel("m", "alice.main", "NONE", None, None), Reason.INSTRUMENT_UNKNOWN, 0),
        (MassCancel("m", "alice.main", None, 7, None), Reason.SIDE, 7),
        (RequestOrders("m", "bob.main"), Reason.ACCOUNT_UNKNOWN, 0),
    ],
)
def test_what_names_nothing_of_the_participant_s_is_rejected(
    market: Market, command: Any, reason: Reason, actual: int
) -> None:
    assert market.say(market.alice, command) == [
        RequestRejected(6, "m", command.account_id, reason, 0, actual)
    ]


def test_an_order_with_a_cancel_on_its_way_is_not_asked_for_again_and_each_cancel_has_its_answer(
    market: Market,
) -> None:
    cancel, many = CancelOrder("alice.main", "x-buy"), MassCancel("m", "alice.main", None, None, None)
    (first,) = market.to_risk(market.alice, cancel, many)
    assert first == MassCanceled(7, "m", "alice.main", 2, 1, 0)
    (second, third) = market.to_risk(market.alice, many, CancelOrder("alice.main", "z-buy"))
    assert (second.asked, second.pending) == (0, 3)
    assert isinstance(third, CancelRejected)
    assert third.reason is Reason.CANCEL_PENDING
    market.exchange.settle()
    reports = market.alice.reports()
    assert ended(reports, Reason.REQUESTED) == {"x-buy"}
    assert ended(reports) == {"x-sell", "z-buy"}


def test_an_order_that_traded_before_its_book_was_asked_is_told_as_missed(market: Market) -> None:
    market.bob.send(PlaceOrder("bob.main", "s", "X-USD", Side.SELL, 1, 1, False, 96, None, 4))
    market.to_risk(market.bob)
    market.to_risk(market.alice, MassCancel("m", "alice.main", "X-USD", Side.BUY, None))
    market.exchange.settle()
    fill, missed = market.alice.reports()
    assert isinstance(fill, OrderFilled)
    assert missed == MassCancelMissed(6, "alice.main", "x-buy", fill.order_id, "X-USD", Reason.ORDER_UNKNOWN)
    assert not market.exchange.risk(0).mass_cancels
    assert not market.exchange.risk(1).mass_cancels


def test_a_halted_instrument_s_orders_are_canceled_and_a_closed_one_s_are_counted(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED), SetPhase("Z-USD", Phase.HALTED))
    market.exchange.settle()
    reports = market.say(market.alice, MassCancel("m", "alice.main", None, None, None))
    assert reports[0] == MassCanceled(6, "m", "alice.main", 1, 0, 2)
    assert ended(reports) == {"z-buy"}


def test_a_list_has_all_live_orders_as_of_its_own_place(market: Market) -> None:
    placed = order("late", "X-USD", Side.BUY, 97)
    listed, *statuses = market.to_risk(market.alice, placed, RequestOrders("l", "alice.main"))
    assert listed == OrdersListed(7, "l", "alice.main", 4)
    assert all(isinstance(each, OrderStatus) for each in statuses)
    assert [each.client_order_id for each in statuses] == ["x-buy", "x-sell", "z-buy", "late"]
    assert [each.order_id for each in statuses] == sorted(each.order_id for each in statuses)


def test_a_list_counts_as_an_order_where_there_is_a_limit() -> None:
    market = Market(
        TEXT.replace("commands_in_flight_max: 8}", "commands_in_flight_max: 8, orders_per_s_max: 6}")
    )
    told = market.say(market.alice, *(RequestOrders(f"l{number}", "alice.other") for number in range(3)))
    assert [type(each) for each in told] == [
        OrdersListed,
        OrderStatus,
        OrdersListed,
        OrderStatus,
        RequestRejected,
    ]
    assert told[-1] == RequestRejected(8, "l2", "alice.other", Reason.ORDER_RATE_LIMIT, 6, 6)


@pytest.mark.parametrize(
    ("decision", "gone"),
    [
        (OperatorMassCancel("alice", None, None, None, "why"), {"x-buy", "x-sell", "z-buy", "other"}),
        (OperatorMassCancel(None, "alice.other", None, None, "why"), {"other"}),
        (OperatorMassCancel(None, None, "X-USD", Side.BUY, "why"), {"x-buy", "other"}),
        (OperatorMassCancel("alice", "alice.main", "Z-USD", None, "why"), {"z-buy"}),
    ],
)
def test_an_operator_s_mass_cancel_ends_what_it_names_and_is_answered_by_each_shard(
    market: Market, decision: OperatorMassCancel, gone: set[str]
) -> None:
    answers = market.decide(decision)
    assert answers[:2] == [DecisionTaken(OPERATOR, 1, 1), DecisionTaken(OPERATOR, 1, 2)]
    asked = [each for each in answers[2:] if isinstance(each, OrdersAsked)]
    assert len(asked) == (1 if decision.participant_id or decision.account_id else 2)
    assert sum(each.asked for each in asked) == len(gone)
    assert ended(market.alice.reports(), Reason.OPERATOR_CANCEL) == gone


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (OperatorMassCancel(None, None, None, None, "why"), Reason.FILTER_MISSING),
        (OperatorMassCancel("nobody", None, None, None, "why"), Reason.PARTICIPANT_UNKNOWN),
        (OperatorMassCancel("bob", "alice.main", None, None, "why"), Reason.ACCOUNT_UNKNOWN),
        (OperatorMassCancel(None, None, "NONE", None, "why"), Reason.INSTRUMENT_UNKNOWN),
        (OperatorMassCancel("alice", None, None, 3, "why"), Reason.SIDE),
    ],
)
def test_an_operator_s_mass_cancel_of_what_is_not_there_is_refused(
    market: Market, decision: OperatorMassCancel, reason: Reason
) -> None:
    assert market.decide(decision)[-1] == DecisionRefused(OPERATOR, 1, 2, reason)
    assert not ended(market.alice.reports(), Reason.OPERATOR_CANCEL)


def test_which_cancels_are_a_mass_cancel_s_is_in_the_snapshot(market: Market) -> None:
    market.to_risk(market.alice, MassCancel("m", "alice.main", None, None, None))
    for shard in ("risk/0", "risk/1"):
        market.exchange.shards[shard].snapshot()
        market.exchange.start(shard)
    market.exchange.settle()
    assert ended(market.alice.reports()) == {"x-buy", "x-sell", "z-buy"}


def test_what_only_an_operator_may_ask_for_is_refused_with_its_number(market: Market) -> None:
    assert market.say(market.alice, OperatorMassCancel("bob", None, None, None, "mine")) == [
        CommandRefused(6, Reason.TYPE_UNKNOWN, 0, 187)
    ]
