"""Every type of order, from a participant's program and from its command, at an exchange that runs."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderCanceled,
    OrderDecremented,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderRepriced,
    OrderStatus,
    OrderTriggered,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, TimeInForce
from tests.support.orders import entered, kill, reports_of, risk_shard
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report, until

pytestmark = pytest.mark.pulsar

ETH = "ETH-USD"
FAR_MS = 4_000_000_000_000
"""a time that no test lives to see"""


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("orders"), {"exchange": "orders", "log": pulsar_broker.topology}
    ) as running:
        yield running


def test_each_type_of_order_is_told_to_its_participant_as_the_rules_say(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        # A stop is triggered by the trade at 20, and takes what is offered at 20.05.
        stop = alice.place(
            "alice.main", ETH, "buy", "1", protection_price="21", order_type="stop", stop_price="20"
        )
        next_report(alice, OrderAccepted)
        entered(bob, "bob.main", "sell", "1", "20")
        entered(bob, "bob.main", "sell", "1", "20.05")
        alice.place("alice.main", ETH, "buy", "1", "20")
        _, filled = reports_of(alice, stop, OrderTriggered, OrderFilled)
        assert (filled.price, filled.leaves) == (Decimal("20.05"), Decimal(0))

        # What a market-to-limit order leaves is a limit at the price that it traded at.
        entered(bob, "bob.main", "sell", "1", "20")
        rest = alice.place("alice.main", ETH, "buy", "3", protection_price="22", order_type="market_to_limit")
        _, repriced = reports_of(alice, rest, OrderFilled, OrderRepriced)
        assert repriced.price == Decimal(20)

        # A post-only order slides below it; an ioc order with a minimum that is not there ends.
        slid = bob.place("bob.main", ETH, "sell", "1", "19.95", post_only=True, slide="0.10")
        (moved,) = reports_of(bob, slid, OrderRepriced)
        assert moved.price == Decimal("20.10")
        least = bob.place("bob.main", ETH, "sell", "5", "20", time_in_force="ioc", min_quantity="3")
        (ended,) = reports_of(bob, least, OrderCanceled)
        assert ended.message.reason is Reason.MIN_QUANTITY

        # Two orders of one group: the smaller quantity is taken off both.
        alice.cancel("alice.main", rest)
        bob.cancel("bob.main", slid)
        group: Any = {"stp_group": "desk", "stp_mode": "decrement"}
        resting = entered(alice, "alice.main", "buy", "3", "19", **group)
        meeting = alice.place("alice.main", ETH, "sell", "2", "19", **group)
        off_resting, off_meeting = (
            reports_of(alice, name, OrderDecremented)[0] for name in (resting, meeting)
        )
        assert (off_resting.leaves, off_meeting.leaves) == (Decimal(1), Decimal(0))
        alice.cancel("alice.main", resting)

        # Iceberg and hidden: the public sees a slice of the one and nothing of the other.
        iceberg = entered(alice, "alice.main", "buy", "3", "18", display="1")
        hidden = entered(alice, "alice.main", "buy", "2", "18", display="0")
        shown = until("the slice is shown", lambda: [at for at in _bids(exchange) if at["price"] == "18.00"])
        assert [(at["quantity"], at["orders"]) for at in shown] == [("1.00000000", 1)]
        for name in (iceberg, hidden):
            alice.cancel("alice.main", name)
            reports_of(alice, name, OrderCanceled)


def test_a_refusal_says_its_reason_to_a_program_and_to_a_person(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.main", ETH, "buy", "1", "10", stop_price="11")
        assert next_report(alice, OrderRejected).message.reason is Reason.TERM_UNEXPECTED
        alice.place("alice.main", ETH, "buy", "1", "10", time_in_force="gtd", expires_at=1)
        assert next_report(alice, OrderRejected).message.reason is Reason.EXPIRE_TIME
        alice.place("alice.main", ETH, "buy", "1", "10", time_in_force="at_open")
        assert next_report(alice, OrderRejected).message.reason is Reason.UNTIMELY
    done = exchange.command("order", "place", "alice", ETH, "buy", "1", "--price", "10", "--trail", "1")
    assert done.status == 1
    assert "term_unexpected" in done.stdout
    done = exchange.command("order", "place", "alice", ETH, "buy", "1")
    assert done.status == 1
    assert "either price" in done.stderr


def test_the_command_places_lists_replaces_and_cancels(exchange: RunningExchange) -> None:
    stop = ("--type", "stop_limit", "--price", "9.50", "--stop-price", "9.60", "--id", "typed")
    placed = exchange.command("order", "place", "alice", ETH, "sell", "2", *stop, "--trader", "ann", "--json")
    assert placed.status == 0, placed.stderr
    assert placed.json["report"] == "OrderAccepted"
    replaced = exchange.command(
        "order", "replace", "alice", "typed", "3", "9.55", "--stop-price", "9.45", "--json"
    )
    assert replaced.status == 0, replaced.stderr
    (listed,) = _listed(exchange, "typed")
    assert (listed["order_type"], listed["price"], listed["leaves"]) == ("stop_limit", "9.55", "3.00000000")
    assert listed["terms"] == {"stop_price": "9.45", "trader_id": "ann"}
    assert "typed" in exchange.command("order", "list", "alice").stdout
    canceled = exchange.command("order", "cancel", "alice", "typed")
    assert canceled.status == 0
    assert "OrderCanceled" in canceled.stdout
    assert _listed(exchange, "typed") == []
    again = exchange.command("order", "cancel", "alice", "typed")
    assert again.status == 1
    assert "order_unknown" in again.stdout


def test_a_stop_an_iceberg_half_filled_and_a_gtd_order_outlive_their_book_and_risk_shards(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "bob") as bob:
        stop = bob.place(
            "bob.main", ETH, "sell", "1", protection_price="10", order_type="stop", stop_price="14"
        )
        next_report(bob, OrderAccepted)
        gtd = entered(bob, "bob.main", "buy", "1", "5", time_in_force="gtd", expires_at=FAR_MS)
        iceberg = entered(bob, "bob.main", "sell", "4", "15", display="2")
        with connect(exchange.connection, "alice") as alice:
            alice.place("alice.main", ETH, "buy", "3", "15")
            next_report(alice, OrderFilled)
        reports_of(bob, iceberg, OrderFilled, OrderFilled)

    kill(exchange, "book/1", f"risk/{risk_shard(exchange, 'bob')}")

    with connect(exchange.connection, "bob") as bob, connect(exchange.connection, "alice") as alice:
        open_orders = {order.client_order_id: order for order in bob.session.open_orders}
        assert _told(open_orders[stop]) == (OrderType.STOP, TimeInForce.GTC, False, Decimal(1))
        assert _told(open_orders[gtd]) == (OrderType.LIMIT, TimeInForce.GTD, False, Decimal(1))
        assert _told(open_orders[iceberg]) == (OrderType.LIMIT, TimeInForce.GTC, False, Decimal(1))
        left = until("the slice is shown", lambda: [at for at in _asks(exchange) if at["price"] == "15.00"])
        assert [(at["quantity"], at["orders"]) for at in left] == [("1.00000000", 1)]
        # The stop still waits for 14: a trade there triggers it, and it takes what is bid at 13.50.
        alice.place("alice.main", ETH, "buy", "1", "15")
        reports_of(bob, iceberg, OrderFilled)
        entered(alice, "alice.main", "buy", "1", "13.50")
        entered(alice, "alice.main", "buy", "1", "14")
        bob.place("bob.main", ETH, "sell", "1", "14")
        _, filled = reports_of(bob, stop, OrderTriggered, OrderFilled)
        assert filled.price == Decimal("13.5")
        bob.replace("bob.main", gtd, "2", "5")
        reports_of(bob, gtd, OrderReplaced)
        bob.cancel("bob.main", gtd)
        reports_of(bob, gtd, OrderCanceled)


def test_a_gtd_order_ends_at_its_time(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        # The exchange's time is near the wall clock's, of which every report tells. It has to take the order
        # before that time: a machine that does other work as well may need a second or two.
        entered(alice, "alice.main", "buy", "1", "5")
        end_ms = alice.reported_at_us // 1000 + 5000
        name = entered(alice, "alice.main", "buy", "1", "5", time_in_force="gtd", expires_at=end_ms)
        (ended,) = reports_of(alice, name, OrderCanceled)
        assert ended.message.reason is Reason.EXPIRED


def _told(order: OrderStatus) -> tuple[OrderType, TimeInForce, bool, Decimal]:
    lots_in_one = Decimal(10**8)
    return order.order_type, order.time_in_force, order.triggered, order.leaves_lots / lots_in_one


def _listed(exchange: RunningExchange, client_order_id: str) -> list[dict[str, Any]]:
    done = exchange.command("order", "list", "alice", "--json")
    assert done.status == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [row for row in rows if row["client_order_id"] == client_order_id]


def _bids(exchange: RunningExchange) -> list[dict[str, Any]]:
    return list(exchange.command("watch", ETH, "--once", "--json").json["bids"])


def _asks(exchange: RunningExchange) -> list[dict[str, Any]]:
    return list(exchange.command("watch", ETH, "--once", "--json").json["asks"])
