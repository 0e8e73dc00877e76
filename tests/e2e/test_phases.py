"""Phases as an operator types them: a halt, an auction that survives kill -9, an interruption, a breaker."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from actors.audit import audit
from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Role
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report, shards_by_name, until

pytestmark = pytest.mark.pulsar

ANSWERS = (OrderAccepted, OrderRejected)


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("phases"), {"exchange": "phases", "log": pulsar_broker.topology}
    ) as running:
        yield running


def command(exchange: RunningExchange, *arguments: str) -> str:
    """One that succeeds; what it told."""
    done = exchange.command(*arguments, "--reason", "a test")
    assert done.status == 0, done.stderr
    return done.stderr


def watched(exchange: RunningExchange, instrument_id: str) -> Any:
    return exchange.command("watch", instrument_id, "--once", "--json").json


def sessions(exchange: RunningExchange) -> dict[str, Any]:
    """What the views know of each instrument."""
    lines = exchange.command("topology", "status", "--json").stdout.splitlines()
    return {row["instrument_id"]: row["session"] for row in map(json.loads, lines)}


def order(client: Client, instrument_id: str, side: str, quantity: str, price: str) -> Any:
    """The answer."""
    client.place(f"{client.participant_id}.main", instrument_id, side, quantity, price)
    return next_report(client, ANSWERS).message


def kill(*shards: str) -> None:
    """With kill -9, all at once, and wait until the supervisor has restarted them."""
    before = {shard: shards_by_name()[shard]["pid"] for shard in shards}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def back() -> bool:
        rows = shards_by_name()
        return all(rows[name]["state"] == "running" and rows[name]["pid"] != before[name] for name in shards)

    until(f"{', '.join(shards)} run again", back)


def test_a_halted_instrument_takes_cancels_only_until_it_is_resumed(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        assert isinstance(order(alice, "BTC-USD", "buy", "0.1", "100"), OrderAccepted)
        resting = alice.place("alice.main", "BTC-USD", "buy", "0.1", "99")
        next_report(alice, OrderAccepted)
        assert "Done: BTC-USD is in phase halted." in command(exchange, "halt", "BTC-USD")
        refused = order(alice, "BTC-USD", "buy", "0.1", "100")
        assert (refused.reason, refused.actual) == (Reason.INSTRUMENT_HALTED, Phase.HALTED)
        alice.cancel("alice.main", resting)
        next_report(alice, OrderCanceled)
        assert "Done: BTC-USD is in phase continuous." in command(exchange, "resume", "BTC-USD")
        assert isinstance(order(alice, "BTC-USD", "buy", "0.1", "98"), OrderAccepted)


def test_an_auction_half_gathered_survives_kill_9_and_uncrosses_at_the_known_price(
    exchange: RunningExchange,
) -> None:
    command(exchange, "phase", "ETH-USD", "auction")
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        assert isinstance(order(alice, "ETH-USD", "buy", "5", "404"), OrderAccepted)
        with exchange.attached():
            kill("book/1", "risk/0", "risk/1")
        assert isinstance(order(bob, "ETH-USD", "sell", "3", "398"), OrderAccepted)
        assert isinstance(order(bob, "ETH-USD", "sell", "4", "401"), OrderAccepted)
        with exchange.attached():
            kill("book/1", "risk/0", "risk/1", "settlement/0")
        page = watched(exchange, "ETH-USD")
        assert page["phase"] == "auction"
        assert page["session"]["indicative"]["price_ticks"] == 40_100
        assert page["session"]["indicative"]["quantity_lots"] == 5 * 10**8
        assert page["bids"][0]["price"] > page["asks"][0]["price"]
        told = page["session"]
        until("the view has heard it too", lambda: sessions(exchange)["ETH-USD"] == told)
        assert "401.00 x 5.00000000" in exchange.command("topology", "status").stdout
        command(exchange, "resume", "ETH-USD")
        fills = [next_report(client, OrderFilled).message for client in (alice, alice, bob, bob)]
        assert {(fill.price_ticks, fill.role) for fill in fills} == {(40_100, Role.AUCTION)}
        assert sum(fill.quantity_lots for fill in fills) == 2 * 5 * 10**8
    page = watched(exchange, "ETH-USD")
    assert (page["phase"], page["bids"]) == ("continuous", [])
    assert [trade["aggressor_side"] for trade in page["trades"]] == [None, None]
    with exchange.attached():
        found = audit(exchange.installation)
    assert found.balanced, found.problems
    for shard in ("book/1", "risk/0", "risk/1"):
        exchange.check_replay(shard)


def test_a_price_that_leaves_its_band_begins_an_interruption_that_ends_by_ticks(
    exchange: RunningExchange,
) -> None:
    command(exchange, "resume", "SOL-USD")
    widths = ("--static", "5", "--reference", "100", "--interruption-s", "2")
    command(exchange, "bands", "SOL-USD", *widths)
    assert watched(exchange, "SOL-USD")["session"]["bands"] == {"low_ticks": 9_500, "high_ticks": 10_500}
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        assert isinstance(order(alice, "SOL-USD", "sell", "2", "106"), OrderAccepted)
        assert isinstance(order(bob, "SOL-USD", "buy", "2", "107"), OrderAccepted)
        filled = next_report(bob, OrderFilled).message  # by the uncross, at the end of the interruption
        assert filled.role is Role.AUCTION
    page = watched(exchange, "SOL-USD")
    assert page["phase"] == "continuous"
    assert page["session"]["bands"]["low_ticks"] == filled.price_ticks - 500
    command(exchange, "bands", "SOL-USD", "--none")
    assert watched(exchange, "SOL-USD")["session"]["bands"] is None


def test_a_circuit_breaker_a_mark_price_and_a_timetable_are_taken(exchange: RunningExchange) -> None:
    command(exchange, "mark", "BTC-USD", "100.50")
    assert watched(exchange, "BTC-USD")["session"]["mark_price_ticks"] == 10_050
    command(exchange, "breaker", "BTC-USD", "--move", "10", "--window-s", "60")
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        for price in ("120", "140"):
            assert isinstance(order(alice, "BTC-USD", "sell", "0.1", price), OrderAccepted)
            order(bob, "BTC-USD", "buy", "0.1", price)
            next_report(bob, OrderFilled)
    assert watched(exchange, "BTC-USD")["phase"] == "halted"
    command(exchange, "breaker", "BTC-USD", "--none")
    command(exchange, "resume", "BTC-USD")
    command(exchange, "timetable", "BTC-USD", "08:00=auction", "08:05:30=continuous")
    command(exchange, "timetable", "BTC-USD")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("halt", "BTC-EUR"), "no such instrument: BTC-EUR; there are BTC-USD, ETH-USD, SOL-USD"),
        (("phase", "BTC-USD", "lunch"), "there is no phase 'lunch'; there are continuous, halted"),
        (("bands", "BTC-USD"), "say how wide they are (--static, --dynamic), or --none"),
        (("bands", "BTC-USD", "--static=-1"), "the book refuses: price_low (bound 0, actual -100)"),
        (("mark", "BTC-USD", "1.005"), "no multiple of its increment 0.01"),
        (("breaker", "BTC-USD", "--move", "1", "--phase", "closed"), "does not bring 'closed'"),
        (("timetable", "BTC-USD", "25:00=auction"), "'25:00=auction' is no entry"),
        (("timetable", "BTC-USD", "08:00=halted"), "the book refuses: phase_unsuitable"),
    ],
)
def test_what_can_t_be_decided_is_said_with_what_could(
    exchange: RunningExchange, arguments: tuple[str, ...], told: str
) -> None:
    done = exchange.command(*arguments, "--reason", "a slip")
    assert done.status == 1
    assert told in done.stderr.replace("\n", " ")
