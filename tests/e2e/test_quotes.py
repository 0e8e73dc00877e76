"""Mass quotes and orders that wait for their auction, at an exchange that runs and is killed."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.quotes import QuotesRejected
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
)
from bulkhead.domain.reasons import Reason
from tests.support.orders import kill, reports_of, risk_shard
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report

pytestmark = pytest.mark.pulsar

ETH = "ETH-USD"
RULES = {"early_auction_orders": True, "least_display_quantity": "2"}


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    changes = {"exchange": "quotes", "instruments": {ETH: RULES}, "log": pulsar_broker.topology}
    with RunningExchange(tmp_path_factory.mktemp("quotes"), changes) as running:
        yield running


def test_quotes_of_both_sides_are_set_moved_and_half_withdrawn_and_outlive_their_book_and_risk_shards(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "bob") as bob:
        bob.mass_quote("bob.main", ETH, "maker", [("b", "buy", "3", "19"), ("a", "sell", "3", "21")])
        reports_of(bob, "b", OrderAccepted)
        reports_of(bob, "a", OrderAccepted)
        bob.mass_quote("bob.main", ETH, "maker", [("b", "buy", "3", "20"), ("a", "sell", "4", "22")])
        reports_of(bob, "b", OrderReplaced)
        (moved,) = reports_of(bob, "a", OrderReplaced)
        assert (moved.price, moved.leaves) == (Decimal(22), Decimal(4))
        with connect(exchange.connection, "alice") as alice:
            alice.place("alice.main", ETH, "sell", "1", "20")
            next_report(alice, OrderFilled)
        reports_of(bob, "b", OrderFilled)

    kill(exchange, "book/1", f"risk/{risk_shard(exchange, 'bob')}")

    with connect(exchange.connection, "bob") as bob:
        open_quotes = {each.client_order_id: each for each in bob.session.open_orders}
        assert {name: each.price_ticks for name, each in open_quotes.items()} == {"b": 2000, "a": 2200}
        bob.mass_quote("bob.main", ETH, "maker", [("b", "buy", "3", "20"), ("a", "sell", "0")])
        (topped_up,) = reports_of(bob, "b", OrderReplaced)
        assert (topped_up.quantity, topped_up.leaves) == (Decimal(4), Decimal(3))
        (withdrawn,) = reports_of(bob, "a", OrderCanceled)
        assert withdrawn.message.reason is Reason.REQUESTED
        bob.mass_quote("bob.main", ETH, "maker", [("b", "buy", "0"), ("a", "sell", "0")])
        (missed,) = reports_of(bob, "a", CancelRejected)  # at once, by risk
        assert missed.message.reason is Reason.ORDER_UNKNOWN
        reports_of(bob, "b", OrderCanceled)
        assert bob.orders("bob.main") == []


def test_a_refusal_of_all_quotes_says_which_was_the_reason(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        quotes = [("b", "buy", "1", "20"), ("a", "sell", "1", "20")]
        request_id = alice.mass_quote("alice.main", ETH, "maker", quotes)
        refused = next_report(alice, QuotesRejected).message
        assert (refused.request_id, refused.client_order_id) == (request_id, "b")
        assert (refused.reason, refused.bound, refused.actual) == (Reason.QUOTES_CROSSED, 2000, 2000)
        assert alice.orders("alice.main") == []


def test_the_command_sets_and_withdraws_quotes_and_says_what_is_refused(exchange: RunningExchange) -> None:
    quote = ("order", "quote", "alice", ETH, "maker")
    done = exchange.command(*quote, "--buy", "b:1@19", "--sell", "a:2@21", "--json")
    assert done.status == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["report"], each["client_order_id"]) for each in told] == [
        ("OrderAccepted", "b"),
        ("OrderAccepted", "a"),
    ]
    assert "maker" in exchange.command("order", "list", "alice").stdout
    crossed = exchange.command(*quote, "--buy", "b:1@21", "--sell", "a:2@21")
    assert crossed.status == 1
    assert "quotes_crossed" in crossed.stdout
    malformed = exchange.command(*quote, "--buy", "b@19")
    assert malformed.status == 1
    assert "ID:QUANTITY@PRICE" in malformed.stderr
    gone = exchange.command(*quote, "--buy", "b:0", "--sell", "a:0")
    assert gone.status == 0, gone.stderr
    assert gone.stdout.count("OrderCanceled") == 2


def test_a_slice_that_is_too_small_is_refused_with_the_numbers(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.main", ETH, "buy", "5", "10", display="1")
        refused = next_report(alice, OrderRejected).message
        assert (refused.reason, refused.bound, refused.actual) == (Reason.QUANTITY_LOW, 2 * 10**8, 10**8)


def test_an_early_at_close_order_waits_over_a_kill_and_trades_in_the_closing_auction(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "bob") as bob:
        early = bob.place("bob.main", ETH, "buy", "3", "20", time_in_force="at_close")
        reports_of(bob, early, OrderAccepted)
    assert exchange.command("watch", ETH, "--once", "--json").json["bids"] == []

    kill(exchange, "book/1", f"risk/{risk_shard(exchange, 'bob')}")

    with connect(exchange.connection, "bob") as bob, connect(exchange.connection, "alice") as alice:
        assert [each.client_order_id for each in bob.session.open_orders] == [early]
        alice.place("alice.main", ETH, "sell", "2", "20")  # it rests: who waits meets nobody
        next_report(alice, OrderAccepted)
        for phase in ("closing_auction", "closed"):
            done = exchange.command("phase", ETH, phase, "--reason", "the end of the day")
            assert done.status == 0, done.stderr
        filled, canceled = reports_of(bob, early, OrderFilled, OrderCanceled)
        assert (filled.price, filled.quantity) == (Decimal(20), Decimal(2))
        assert (canceled.quantity, canceled.message.reason) == (Decimal(1), Reason.PHASE)
