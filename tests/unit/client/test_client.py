"""Commands through the client and their reports back, the window, batches."""

from decimal import Decimal
from typing import Any

import pytest

from bulkhead.client import Client, WindowFull
from bulkhead.domain.messages.control import Deposit, ReleaseOrders
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.messages.reports import (
    BalanceCredited,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    SessionOpened,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from tests.support.exchange import MemoryExchange
from tests.support.operator import Operator
from tests.unit.client.conftest import Connect

ALICE, BOB = "alice.main", "bob.main"


def everything(client: Client) -> list[Any]:
    """All reports until none comes any more."""
    messages: list[Any] = []
    while more := client.raw_reports():
        messages += more
    return messages


def kinds(messages: list[Any]) -> list[type]:
    return [type(message) for message in messages]


def test_an_order_rests_trades_and_is_reported_in_decimals(connected: Connect) -> None:
    alice, bob = connected("alice"), connected("bob")
    order = alice.place(ALICE, "BTC-USD", "buy", "0.25", "60000.01")
    bob.place(BOB, "BTC-USD", Side.SELL, Decimal("0.1"), protection_price=59000)
    _, accepted, filled = alice.reports(0.0)
    assert accepted.message.client_order_id == order
    assert isinstance(filled.message, OrderFilled)
    assert (filled.instrument_id, filled.price, filled.quantity, filled.leaves) == (
        "BTC-USD",
        Decimal("60000.01"),
        Decimal("0.1"),
        Decimal("0.15"),
    )
    (fill,) = [report for report in bob.reports(0.0) if isinstance(report.message, OrderFilled)]
    assert fill.fee == Decimal("6.000001")


def test_an_order_is_replaced_and_canceled(connected: Connect) -> None:
    alice = connected("alice")
    order = alice.place(ALICE, "BTC-USD", "buy", "0.25", "60000")
    alice.replace(ALICE, order, "0.5", "59000.5")
    alice.cancel(ALICE, order)
    reports = list(alice.reports(0.0))
    assert kinds([report.message for report in reports]) == [
        SessionOpened,
        OrderAccepted,
        OrderReplaced,
        OrderCanceled,
    ]
    assert (reports[2].price, reports[2].quantity) == (Decimal("59000.5"), Decimal("0.5"))


def test_a_refused_command_is_a_report(connected: Connect) -> None:
    alice = connected("alice")
    alice.place(ALICE, "ETH-USD", "buy", 1, "3000.01")
    alice.place("bob.main", "ETH-USD", "buy", 1, "3000.05")
    alice.place(ALICE, "SOL-USD", "buy", 1, "100")
    alice.cancel(ALICE, "never placed")
    refused = [(type(m), m.reason, m.bound, m.actual) for m in everything(alice)[1:]]
    assert refused == [
        (OrderRejected, Reason.PRICE_INCREMENT, 5, 300_001),
        (OrderRejected, Reason.ACCOUNT_UNKNOWN, 0, 0),
        (OrderRejected, Reason.INSTRUMENT_HALTED, 1, 2),
        (CancelRejected, Reason.ORDER_UNKNOWN, 0, 0),
    ]


@pytest.mark.parametrize(
    ("instrument_id", "side", "quantity", "price", "says"),
    [
        ("DOGE-USD", "buy", "1", "1", "no instrument 'DOGE-USD'; it has BTC-USD"),
        ("BTC-USD", "hold", "1", "1", "'hold' is no side: one of buy, sell"),
        ("BTC-USD", "buy", "0.000000001", "1", "nearest are 0.00000000 and 0.00000001"),
        ("BTC-USD", "buy", "-1", "1", "negative"),
        ("BTC-USD", "buy", "1", "0.001", "increment 0.01"),
        ("BTC-USD", "buy", "1", 0.5, "a float"),
        ("BTC-USD", "buy", "1", None, "either price"),
    ],
)
def test_what_is_known_to_be_wrong_is_not_sent(
    connected: Connect, instrument_id: str, side: str, quantity: str, price: Any, says: str
) -> None:
    alice = connected("alice")
    with pytest.raises(ValueError, match=says):
        alice.place(ALICE, instrument_id, side, quantity, price)
    assert alice.unanswered == 0
    assert kinds(everything(alice)) == [SessionOpened]


def test_a_full_window_raises_where_waiting_is_declined_and_sends_nothing(connected: Connect) -> None:
    alice = connected("alice", window=2)
    with alice.batch():
        alice.place(ALICE, "BTC-USD", "buy", 1, 100)
        alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    with pytest.raises(WindowFull, match="2 commands are unanswered and the window is 2"):
        alice.place(ALICE, "BTC-USD", "buy", 1, 100, wait=False)
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice)).count(OrderAccepted) == 3


def test_a_full_window_waits_while_reading_reports_which_are_given_out_later(connected: Connect) -> None:
    alice = connected("alice", window=1)
    orders = [alice.place(ALICE, "BTC-USD", "buy", 1, 100 + n) for n in range(5)]
    assert alice.unanswered == 1
    accepted = [m.client_order_id for m in everything(alice) if isinstance(m, OrderAccepted)]
    assert accepted == orders
    assert alice.unanswered == 0


def test_a_window_that_fills_inside_a_batch_sends_what_it_waits_for(connected: Connect) -> None:
    alice = connected("alice", window=2)
    with alice.batch():
        for _ in range(5):
            alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice)).count(OrderAccepted) == 5


def test_a_cancel_does_not_wait_for_the_window(connected: Connect) -> None:
    alice = connected("alice", window=1)
    order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    alice.cancel(ALICE, order)
    assert alice.unanswered == 2


def test_a_batch_is_one_frame(connected: Connect, exchange: MemoryExchange) -> None:
    alice = connected("alice")
    reader = exchange.log.reader("orders/1", "a look")
    reader.seek(reader.end())
    with alice.batch():
        order = alice.place(ALICE, "BTC-USD", "buy", 1, 100)
        with alice.batch():
            alice.cancel(ALICE, order)
        assert reader.lag() == 0
    assert reader.lag() == 1
    assert kinds(everything(alice)) == [SessionOpened, OrderAccepted, OrderCanceled]


def test_what_was_placed_before_an_exception_ends_a_batch_is_sent(connected: Connect) -> None:
    alice = connected("alice")

    def fails_in_the_middle() -> None:
        with alice.batch():
            alice.place(ALICE, "BTC-USD", "buy", 1, 100)
            alice.place(ALICE, "BTC-USD", "buy", 1, "0.001")

    with pytest.raises(ValueError, match="increment"):
        fails_in_the_middle()
    assert kinds(everything(alice)) == [SessionOpened, OrderAccepted]


def test_every_command_is_answered_once_and_by_its_own_report(connected: Connect) -> None:
    alice = connected("alice")
    answers: dict[int, Any] = {}

    def note(sequence: int, report: Any) -> None:
        assert sequence not in answers
        answers[sequence] = report

    alice.on_answer = note
    place = PlaceOrder(ALICE, "x", "BTC-USD", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 5)
    first = alice.submit([place, place, CancelOrder(ALICE, "x"), CancelOrder(ALICE, "x")])
    everything(alice)
    assert alice.unanswered == 0
    assert {sequence - first: type(report) for sequence, report in answers.items()} == {
        0: OrderAccepted,
        1: OrderRejected,
        2: OrderCanceled,
        3: CancelRejected,
    }
    assert answers[first + 1].reason is Reason.CLIENT_ORDER_ID_REPEATED
    assert answers[first + 3].reason is Reason.CANCEL_PENDING


def test_an_ioc_order_that_the_book_ends_is_no_answer_to_a_cancel(connected: Connect) -> None:
    alice = connected("alice")
    with alice.batch():
        order = alice.place(ALICE, "BTC-USD", "buy", 1, 100, time_in_force="ioc")
        alice.cancel(ALICE, order)
    messages = everything(alice)
    assert kinds(messages) == [SessionOpened, OrderAccepted, OrderCanceled, CancelRejected]
    assert alice.unanswered == 0


def test_generated_ids_of_two_sessions_differ(connected: Connect) -> None:
    first = connected("alice")
    one = first.place(ALICE, "BTC-USD", "buy", 1, 100)
    first.close()
    second = connected("alice", now_us=lambda: 5)
    assert second.place(ALICE, "BTC-USD", "buy", 1, 100) != one


def test_a_credit_is_reported_in_its_asset(connected: Connect, exchange: MemoryExchange) -> None:
    alice = connected("alice")
    exchange.control(Deposit(ALICE, "BTC", 150_000_000))
    credit = list(alice.reports(0.0))[-1]
    assert isinstance(credit.message, BalanceCredited)
    assert (credit.amount, credit.balance) == (Decimal("1.5"), Decimal("11.5"))


def test_a_window_needs_room_for_one(connected: Connect) -> None:
    with pytest.raises(ValueError, match="at least 1 command, not 0"):
        connected("alice", window=0)


def test_an_order_that_ends_with_its_lost_book_is_answered_though_it_was_not_accepted(
    exchange: MemoryExchange, connected: Connect
) -> None:
    alice, bob = connected("alice"), connected("bob")
    bob.place(BOB, "BTC-USD", "sell", "0.1", "60000")
    everything(bob)
    alice.place(ALICE, "BTC-USD", "buy", "0.1", "60000")
    exchange.shards["risk/1"].step(0.0)
    Operator(exchange).decide(ReleaseOrders("BTC-USD", "its disk is gone"))
    for name in ("control/0", "risk/1"):
        exchange.shards[name].step(0.0)
    assert alice.unanswered == 1
    _, canceled, filled = alice.reports(0.0)
    assert canceled.message.reason is Reason.BOOK_LOST
    assert (filled.price, filled.quantity, filled.leaves) == (Decimal(60000), Decimal("0.1"), Decimal(0))
    assert alice.unanswered == 0
    assert kinds(everything(bob)) == [OrderCanceled, OrderFilled]
    assert bob.unanswered == 0
