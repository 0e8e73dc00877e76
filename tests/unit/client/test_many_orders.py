"""Many orders at once: a mass cancel and the list of live orders, as a program uses them."""

import pytest

from bulkhead.client import ClientError
from bulkhead.domain.messages.mass import MassCanceled, OrdersListed
from bulkhead.domain.messages.reports import OrderCanceled, OrderStatus
from bulkhead.domain.reasons import Reason
from tests.unit.client.conftest import Connect
from tests.unit.client.test_client import ALICE, everything


def test_a_mass_cancel_ends_what_fits_and_leaves_nothing_unanswered(connected: Connect) -> None:
    alice = connected("alice")
    kept = alice.place(ALICE, "ETH-USD", "buy", 1, 3000)
    gone = {alice.place(ALICE, "BTC-USD", "buy", 1, price) for price in (100, 101)}
    request_id = alice.mass_cancel(ALICE, instrument_id="BTC-USD", side="buy")
    messages = everything(alice)
    (answer,) = (each for each in messages if isinstance(each, MassCanceled))
    assert (answer.request_id, answer.asked) == (request_id, 2)
    ends = [each for each in messages if isinstance(each, OrderCanceled)]
    assert {each.client_order_id for each in ends} == gone
    assert {each.reason for each in ends} == {Reason.MASS_CANCEL}
    assert alice.unanswered == 0
    assert [each.client_order_id for each in alice.orders(ALICE)] == [kept]


def test_orders_are_listed_and_stand_in_the_reports_too(connected: Connect) -> None:
    alice = connected("alice")
    placed = [alice.place(ALICE, "BTC-USD", "buy", 1, price) for price in (100, 101)]
    assert [each.client_order_id for each in alice.orders()] == placed
    assert [each.client_order_id for each in alice.orders(ALICE)] == placed
    kinds = [type(report) for report in everything(alice)]
    assert kinds.count(OrdersListed) == 2
    assert kinds.count(OrderStatus) == 4
    assert alice.unanswered == 0


def test_a_listed_order_of_an_earlier_session_can_be_replaced(connected: Connect) -> None:
    first = connected("alice")
    placed = first.place(ALICE, "ETH-USD", "buy", 1, 3000)
    everything(first)
    first.close()
    second = connected("alice", now_us=lambda: 9)
    (order,) = second.orders()
    second.replace(ALICE, order.client_order_id, 2, "3000.05")
    assert order.client_order_id == placed
    everything(second)
    assert second.orders()[0].quantity_lots == 2 * order.quantity_lots


def test_another_s_orders_are_not_listed(connected: Connect) -> None:
    with pytest.raises(ClientError, match=r"does not list the orders of 'bob.main': account_unknown"):
        connected("alice").orders("bob.main")


def test_orders_are_not_listed_inside_a_batch(connected: Connect) -> None:
    alice = connected("alice")
    with alice.batch(), pytest.raises(ValueError, match="outside batch"):
        alice.orders()
