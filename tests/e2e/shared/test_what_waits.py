"""What waits or is half done outlives kill -9 on the embedded log, and a participant ends it by hand."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import (
    OrderAccepted,
    OrderFilled,
    OrderStatus,
    OrderTriggered,
)
from bulkhead.domain.terms import OrderType, Role
from tests.support.orders import kill, reports_of, risk_shard
from tests.support.running import RunningExchange, next_report, until

SOL = "SOL-USD"
"""halted, but here: no other test trades it"""


@pytest.fixture
def opened(exchange: RunningExchange) -> Iterator[RunningExchange]:
    """With SOL-USD traded meanwhile."""
    _decide(exchange, "resume", SOL)
    yield exchange
    _decide(exchange, "mass-cancel", "--instrument", SOL)
    _decide(exchange, "halt", SOL)


def test_a_stop_an_iceberg_half_filled_and_an_auction_half_gathered_outlive_kill_9(
    opened: RunningExchange,
) -> None:
    exchange = opened
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        iceberg = _placed(bob, "sell", "4", "150", display="2")
        _placed(alice, "buy", "3", "150")
        reports_of(bob, iceberg, OrderFilled, OrderFilled)  # a slice, and a part of the next
        stop = alice.place(
            "alice.main", SOL, "buy", "1", protection_price="200", order_type="stop", stop_price="160"
        )
        next_report(alice, OrderAccepted)
        _decide(exchange, "phase", SOL, "auction")
        gathering = _placed(alice, "buy", "2", "155")

    kill(exchange, "book/2", *{f"risk/{risk_shard(exchange, name)}" for name in ("alice", "bob")})

    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        told_open = *alice.session.open_orders, *bob.session.open_orders
        orders = {each.client_order_id: each for each in told_open if each.instrument_id == SOL}
        assert {name: _lots(order) for name, order in orders.items()} == {
            iceberg: Decimal(1),
            stop: Decimal(1),
            gathering: Decimal(2),
        }
        assert (orders[stop].order_type, orders[stop].triggered) == (OrderType.STOP, False)
        page = until("the auction is told", lambda: _auction(exchange))
        assert page["phase"] == "auction"
        indicative = page["session"]["indicative"]
        assert (indicative["price_ticks"], indicative["quantity_lots"]) == (15_500, 10**4)

        _placed(bob, "sell", "5", "165")
        _decide(exchange, "resume", SOL)
        (uncrossed,) = reports_of(bob, iceberg, OrderFilled)
        assert (uncrossed.price, uncrossed.message.role) == (Decimal(155), Role.AUCTION)
        _placed(alice, "buy", "1", "165")  # a trade beyond 160 triggers the stop
        _, filled = reports_of(alice, stop, OrderTriggered, OrderFilled)
        assert (filled.price, filled.leaves) == (Decimal(165), Decimal(0))

    for shard in ("book/2", f"risk/{risk_shard(exchange, 'bob')}"):
        exchange.check_replay(shard)


def test_a_participant_cancels_many_orders_by_hand(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "carol") as carol:
        for side, price, group in (
            ("buy", "8", "mine"),
            ("buy", "9", "mine"),
            ("sell", "11", "mine"),
            ("buy", "7", ""),
        ):
            carol.place("carol.main", "ETH-USD", side, "1", price, quote_group=group)
            next_report(carol, OrderAccepted)
    listed = exchange.command("order", "list", "carol", "--account", "carol.main", "--json").stdout
    assert listed.count('"quote_group": "mine"') == 3
    unknown = exchange.command("order", "list", "carol", "--account", "bob.main")
    assert (unknown.status, "carol has no account 'bob.main'" in unknown.stderr) == (1, True), unknown.stderr
    asked = ("order", "mass-cancel", "carol", "--instrument", "ETH-USD")
    done = exchange.command(*asked, "--side", "buy", "--quote-group", "mine", "--json")
    assert done.status == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["report"], row.get("asked"), row.get("reason")) for row in told] == [
        ("MassCanceled", 2, None),
        ("OrderCanceled", None, "mass_cancel"),
        ("OrderCanceled", None, "mass_cancel"),
    ]
    refused = exchange.command("order", "mass-cancel", "carol", "--instrument", "ETH-EUR")
    assert (refused.status, "instrument_unknown" in refused.stdout) == (1, True), refused.stdout
    wrong = exchange.command("order", "mass-cancel", "carol", "--side", "up")
    assert (wrong.status, "side" in wrong.stderr) == (1, True), wrong.stderr
    rest = exchange.command("order", "mass-cancel", "carol")
    assert (rest.status, "MassCanceled" in rest.stdout) == (0, True), rest.stderr
    assert exchange.command("order", "list", "carol", "--json").stdout == ""


def _placed(client: Client, side: str, quantity: str, price: str, **terms: Any) -> str:
    name = client.place(f"{client.participant_id}.main", SOL, side, quantity, price, **terms)
    next_report(client, OrderAccepted)
    return name


def _decide(exchange: RunningExchange, *arguments: str) -> None:
    done = exchange.command(*arguments, "--reason", "a test")
    assert done.status == 0, done.stderr


def _auction(exchange: RunningExchange) -> Any:
    """What `watch` shows, once an indicative price is in it."""
    page = exchange.command("watch", SOL, "--once", "--json").json
    return page if page["session"]["indicative"] else None


def _lots(order: OrderStatus) -> Decimal:
    """What is left of it; a lot is 0.0001."""
    return Decimal(order.leaves_lots).scaleb(-4)
