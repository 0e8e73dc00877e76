"""Pairs and brackets, from a participant's program and from its command, at an exchange that runs."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from bulkhead.client import Client, Leg, Linked, connect
from bulkhead.domain.messages.linked import ExitStarted, OrdersLinked
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderTriggered,
)
from bulkhead.domain.reasons import Reason
from tests.support.orders import entered, kill, reports_of, risk_shard
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report

pytestmark = pytest.mark.pulsar

ETH = "ETH-USD"


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("linked"), {"exchange": "linked", "log": pulsar_broker.topology}
    ) as running:
        yield running


def bracket(client: Client, quantity: str) -> Linked:
    """bob buys at 20, to sell at 22, or below 19."""
    entry, limit = Leg(price="20"), Leg(price="22")
    stop = Leg(stop_price="19", protection_price="15")
    placed = client.place_bracket("bob.main", ETH, "buy", quantity, entry=entry, limit=limit, stop=stop)
    next_report(client, OrdersLinked)
    return placed


def test_a_trade_of_one_of_a_pair_ends_the_other(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        pair = bob.place_pair(
            "bob.main",
            ETH,
            "sell",
            "2",
            limit={"price": "22"},
            stop={"stop_price": "19", "price": "18"},
        )
        linked = next_report(bob, OrdersLinked).message
        assert (linked.limit_client_order_id, linked.stop_client_order_id) == (pair.limit, pair.stop)
        alice.place("alice.main", ETH, "buy", "0.5", "22")
        (filled,) = reports_of(bob, pair.limit, OrderFilled)
        assert filled.leaves == Decimal("1.5")
        (ended,) = reports_of(bob, pair.stop, OrderCanceled)
        assert ended.message.reason is Reason.LINKED
        bob.cancel("bob.main", pair.limit)
        reports_of(bob, pair.limit, OrderCanceled)


def test_a_bracket_half_filled_and_a_pair_outlive_their_book_and_risk_shards(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "bob") as bob, connect(exchange.connection, "alice") as alice:
        placed = bracket(bob, "4")
        alice.place("alice.main", ETH, "sell", "1", "20")
        reports_of(bob, _known(placed.entry), OrderFilled)

    kill(exchange, "book/1", f"risk/{risk_shard(exchange, 'bob')}")

    with connect(exchange.connection, "bob") as bob, connect(exchange.connection, "alice") as alice:
        (link,) = bob.session.links
        assert link.entry_client_order_id == placed.entry
        assert {order.client_order_id for order in bob.session.open_orders} == set(placed)
        # The entry ends: its exits have what it has bought.
        bob.cancel("bob.main", _known(placed.entry))
        (started,) = reports_of(bob, placed.limit, ExitStarted)
        assert started.quantity == Decimal(1)

    kill(exchange, "book/1", f"risk/{risk_shard(exchange, 'bob')}")

    with connect(exchange.connection, "bob") as bob, connect(exchange.connection, "alice") as alice:
        (link,) = bob.session.links
        assert (link.entry_client_order_id, link.stop_client_order_id) == (None, placed.stop)
        # A trade at 19 triggers the stop: the limit order goes, and the stop takes what is bid at 18.50.
        entered(alice, "alice.main", "buy", "1", "18.50")
        entered(alice, "alice.main", "buy", "1", "19")
        alice.place("alice.main", ETH, "sell", "1", "19")
        _, filled = reports_of(bob, placed.stop, OrderTriggered, OrderFilled)
        assert (filled.price, filled.leaves) == (Decimal("18.5"), Decimal(0))
    with connect(exchange.connection, "bob") as bob:
        assert bob.session.open_orders == ()


def test_a_refusal_reaches_a_program_and_a_person_for_each_order(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "bob") as bob:
        bob.place_pair(
            "bob.main",
            ETH,
            "sell",
            "2",
            limit={"price": "22", "time_in_force": "ioc"},
            stop={"stop_price": "19", "price": "18"},
        )
        refusals = [next_report(bob, OrderRejected).message for _ in range(2)]
        assert [(refused.reason, refused.actual) for refused in refusals] == [(Reason.LINK, 2)] * 2
    done = exchange.command(
        *("order", "place-pair", "bob", ETH, "sell", "1000000"),
        *("--limit", "22", "--stop", "19", "--stop-limit", "18", "--json"),
    )
    assert done.status == 1
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["report"], row["reason"]) for row in told] == [("OrderRejected", "notional_limit")] * 2
    done = exchange.command("order", "place-pair", "bob", ETH, "sell", "1", "--limit", "22", "--stop", "19")
    assert done.status == 1
    assert "--stop-limit or --stop-protection" in done.stderr


def test_the_command_places_lists_and_cancels(exchange: RunningExchange) -> None:
    placed = exchange.command(
        *("order", "place-bracket", "bob", ETH, "buy", "2", "--price", "10", "--limit", "12", "--stop", "9"),
        *("--stop-protection", "8", "--id", "typed", "--trader", "ann", "--json"),
    )
    assert placed.status == 0, placed.stderr
    told = [json.loads(line)["report"] for line in placed.stdout.splitlines()]
    assert told == [*[OrderAccepted.__name__] * 3, OrdersLinked.__name__]
    listed = exchange.command("order", "list", "bob", "--json")
    rows = {row["client_order_id"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert rows["typed-entry"]["linked_with"] == ["typed-limit", "typed-stop"]
    assert rows["typed-stop"]["order_type"] == "stop"
    assert "with" in exchange.command("order", "list", "bob").stdout  # a column of its own
    canceled = exchange.command("order", "cancel", "bob", "typed-entry")
    assert canceled.status == 0, canceled.stderr
    assert exchange.command("order", "list", "bob", "--json").stdout == ""


def _known(name: str | None) -> str:
    assert name is not None
    return name
