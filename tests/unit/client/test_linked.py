"""Pairs and brackets through the client: in decimals, counted as so many commands, found again later."""

from decimal import Decimal
from typing import Any

import pytest

from bulkhead.client import Leg, Linked, WindowFull
from bulkhead.client.unanswered import Unanswered
from bulkhead.domain.messages.linked import ExitStarted, OrdersLinked, PlacePair
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import CommandRefused, OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side
from tests.unit.client.conftest import Connect

ALICE, BOB = "alice.main", "bob.main"
LIMIT: Leg = {"price": "66000", "client_order_id": "l"}
STOP: Leg = {"stop_price": "58000", "protection_price": "57000", "client_order_id": "s"}
ENTRY: Leg = {"price": "60000", "client_order_id": "e"}


def test_a_bracket_is_placed_in_decimals_and_its_exits_start_with_what_was_bought(
    connected: Connect,
) -> None:
    alice, bob = connected("alice"), connected("bob")
    placed = alice.place_bracket(ALICE, "BTC-USD", "buy", "0.25", entry=ENTRY, limit=LIMIT, stop=STOP)
    assert placed == Linked("l", "s", "e")
    assert alice.unanswered == 3
    bob.place(BOB, "BTC-USD", "sell", "0.1", "60000")
    list(alice.reports(0.0))
    assert alice.unanswered == 0
    alice.cancel(ALICE, "e")
    reports = [report for report in alice.reports(0.0) if isinstance(report.message, ExitStarted)]
    assert [(report.message.client_order_id, report.quantity) for report in reports] == [
        ("s", Decimal("0.1")),
        ("l", Decimal("0.1")),
    ]
    alice.replace(ALICE, "l", "0.1", "65000")
    assert alice.raw_reports(0.0)[-1].price_ticks == 6_500_000


def test_a_new_session_knows_which_orders_belong_together(connected: Connect) -> None:
    alice = connected("alice")
    made = alice.place_pair(ALICE, "BTC-USD", "buy", "0.25", limit={"price": "50000"}, stop=_buying(STOP))
    linked = [report for report in alice.reports(0.0) if isinstance(report.message, OrdersLinked)]
    again = connected("alice", now_us=lambda: 9)
    (link,) = again.session.links
    assert (link.limit_client_order_id, link.stop_client_order_id) == (made.limit, made.stop)
    assert linked[0].filled == 0
    assert linked[0].instrument_id == "BTC-USD"


def _buying(stop: Leg) -> Leg:
    return stop | {"stop_price": "61000", "protection_price": "62000"}


@pytest.mark.parametrize(
    ("stop", "order_type"),
    [
        ({"stop_price": "61000", "protection_price": "62000"}, OrderType.STOP),
        ({"stop_price": "61000", "price": "62000"}, OrderType.STOP_LIMIT),
        ({"stop_price": "61000", "trail": "5", "protection_price": "62000"}, OrderType.TRAILING_STOP),
    ],
)
def test_the_type_of_a_stop_is_what_its_prices_say(connected: Connect, stop: Any, order_type: int) -> None:
    alice = connected("alice")
    made = alice.place_pair(ALICE, "BTC-USD", "buy", "0.25", limit={"price": "50000"}, stop=stop)
    alice.raw_reports(0.0)
    types = {order.client_order_id: order.order_type for order in alice.orders()}
    assert types == {made.limit: OrderType.LIMIT, made.stop: order_type}


def test_a_refusal_is_told_of_each_order(connected: Connect) -> None:
    alice = connected("alice")
    alice.place_pair(ALICE, "BTC-USD", "buy", "0.25", limit={"price": "50000"}, stop={"price": "61000"})
    with pytest.raises(ValueError, match="either price"):
        alice.place_pair(ALICE, "BTC-USD", "buy", "0.25", limit={}, stop=STOP)
    found = [report.message for report in alice.reports(0.0) if isinstance(report.message, OrderRejected)]
    assert [message.reason for message in found] == [Reason.TERM_MISSING] * 2
    assert alice.unanswered == 0


def test_a_pair_waits_for_room_for_both(connected: Connect) -> None:
    alice = connected("alice", window=2)
    with alice.batch():
        alice.place(ALICE, "BTC-USD", "buy", "0.1", "50000")
        alice._link.read = lambda timeout_s: None  # type: ignore[method-assign]  # nobody answers
        with pytest.raises(WindowFull):
            alice.place_pair(ALICE, "BTC-USD", "buy", "0.1", limit=LIMIT, stop=STOP, wait=False)


def test_a_pair_that_could_not_be_read_is_answered_for_both() -> None:
    unanswered = Unanswered()
    order = PlaceOrder(ALICE, "l", "BTC-USD", Side.BUY, 1, 1, False, 1, None, 1)
    unanswered.sent(PlacePair(order, PlaceOrder(ALICE, "s", "BTC-USD", Side.BUY, 1, 1, False, 1, None, 1)), 7)
    assert unanswered.count == 2
    assert unanswered.answered(CommandRefused(7, Reason.MALFORMED, 0, 9)) == 7
    assert unanswered.count == 0
    assert unanswered.answered(OrderAccepted(7, ALICE, "l", 1, "BTC-USD")) is None
    assert unanswered.answered(OrderCanceled(7, ALICE, "l", 1, "BTC-USD", 1, Reason.LINKED)) is None
