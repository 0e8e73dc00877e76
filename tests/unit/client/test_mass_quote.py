"""Mass quotes as a program sends them, and what is unanswered of them."""

from decimal import Decimal

import pytest

from bulkhead.client import Quote, WindowFull
from bulkhead.domain.messages.quotes import QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    CommandRefused,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderReplaced,
)
from bulkhead.domain.reasons import Reason
from tests.unit.client.conftest import Connect
from tests.unit.client.test_client import ALICE, everything

BTC = "BTC-USD"


def test_quotes_are_set_moved_and_withdrawn_in_decimals_and_nothing_stays_unanswered(
    connected: Connect,
) -> None:
    alice, bob = connected("alice"), connected("bob")
    alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", "1", "99.50"), Quote("a", "sell", 2, "100.50")])
    assert [type(each) for each in everything(alice)][-2:] == [OrderAccepted, OrderAccepted]
    bob.place("bob.main", BTC, "buy", "0.5", "100.50")
    everything(bob)
    alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", "1.5", "99"), ("a", "sell", "2", "100.50")])
    filled, moved, topped_up = list(alice.reports(0.0))
    assert (type(filled.message), filled.quantity) == (OrderFilled, Decimal("0.5"))
    assert (type(moved.message), moved.price, moved.leaves) == (OrderReplaced, Decimal(99), Decimal("1.5"))
    assert (topped_up.quantity, topped_up.leaves) == (Decimal("2.5"), Decimal(2))
    alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", 0), ("gone", "buy", 0)])
    assert {type(each) for each in everything(alice)} == {CancelRejected, OrderCanceled}
    assert alice.unanswered == 0
    assert [each.client_order_id for each in alice.orders(ALICE)] == ["a"]


def test_a_quote_that_was_accepted_can_be_replaced_and_canceled_as_an_order(connected: Connect) -> None:
    alice = connected("alice")
    alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", "1", "99.50")])
    everything(alice)
    alice.replace(ALICE, "b", "2", "99")
    alice.cancel(ALICE, "b")
    assert [type(each) for each in everything(alice)] == [OrderReplaced, OrderCanceled]
    assert alice.unanswered == 0


def test_a_refusal_answers_all_quotes_and_a_program_that_listens_is_told_once(connected: Connect) -> None:
    alice = connected("alice")
    told: list[tuple[int, object]] = []
    alice.on_answer = lambda sequence, report: told.append((sequence, report))
    request_id = alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", "1", "101"), ("a", "sell", "1", "100")])
    assert alice.unanswered == 2
    (refused,) = (each for each in everything(alice) if isinstance(each, QuotesRejected))
    named = refused.request_id, refused.client_order_id, refused.reason
    assert named == (request_id, "b", Reason.QUOTES_CROSSED)
    assert alice.unanswered == 0
    assert told == [(refused.last_sequence, refused)]


def test_one_that_cannot_be_read_leaves_none_of_its_quotes_unanswered(connected: Connect) -> None:
    alice = connected("alice")
    alice.mass_quote(ALICE, BTC, "maker", [("b", "buy", "1", "99"), ("x" * 65, "sell", "1", "101")])
    assert alice.unanswered == 2
    refused = everything(alice)[-1]
    assert (type(refused), refused.reason) == (CommandRefused, Reason.MALFORMED)
    assert alice.unanswered == 0


def test_each_quote_counts_in_the_window(connected: Connect) -> None:
    alice = connected("alice", window=3)
    two = [("b", "buy", "1", "99"), ("a", "sell", "1", "101")]
    with alice.batch():
        alice.mass_quote(ALICE, BTC, "maker", two)
        assert alice.unanswered == 2
        with pytest.raises(WindowFull):
            alice.mass_quote(ALICE, BTC, "maker", two, wait=False)
        alice.mass_quote(ALICE, BTC, "maker", two)
    assert [type(each) for each in everything(alice)][-2:] == [OrderReplaced, OrderReplaced]
    assert alice.unanswered == 0


@pytest.mark.parametrize(
    ("quote", "problem"),
    [
        (("b", "buy", "1"), "quote 'b' has no price"),
        (("b", "buy", "1", "99.001"), "no multiple"),
        (("b", "bid", "1", "99"), "'bid' is no side"),
    ],
)
def test_what_cannot_be_counted_is_said_before_anything_is_sent(
    connected: Connect, quote: Quote, problem: str
) -> None:
    alice = connected("alice")
    with pytest.raises(ValueError, match=problem):
        alice.mass_quote(ALICE, BTC, "maker", [("a", "sell", "1", "101"), quote])
    assert alice.unanswered == 0
