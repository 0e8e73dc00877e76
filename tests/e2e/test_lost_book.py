"""A book that stays down: what its orders hold is given back, used elsewhere, and the book returns empty."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report, shards_by_name, until

CHANGES = {"boundaries": {"eth": {"restarts": {"budget": 0, "within_s": 60}}}}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("lost_book"), CHANGES) as running:
        yield running


def end_for_good(exchange: RunningExchange, shard: str) -> None:
    """Kill it: its boundary has no restart to spend."""
    with exchange.attached():
        os.kill(shards_by_name()[shard]["pid"], signal.SIGKILL)
        until(f"{shard} stays down", lambda: shards_by_name()[shard]["state"] == "down")


def buy(client: Client, instrument_id: str, quantity: str, price: str) -> Any:
    """The answer."""
    client.place("alice.main", instrument_id, "buy", quantity, price)
    return next_report(client, (OrderAccepted, OrderRejected)).message


def test_what_a_lost_book_holds_is_released_and_used_elsewhere(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        for _ in range(2):
            assert isinstance(buy(alice, "ETH-USD", "1000", "400"), OrderAccepted)
        assert buy(alice, "BTC-USD", "1", "300000").reason is Reason.BALANCE
        end_for_good(exchange, "book/1")
        alice.place("alice.main", "ETH-USD", "buy", "1", "400")  # waits for the book, as it did before

        done = exchange.command("repair", "release-orders", "ETH-USD", "--yes", "--reason", "lost")
        assert done.status == 0, done.stderr
        assert "its orders end: 3, of participants: 1" in done.stderr
        assert "free: 801,200.4000000000 USD" in done.stderr
        ends = [next_report(alice, OrderCanceled).message for _ in range(3)]
        assert {report.reason for report in ends} == {Reason.BOOK_LOST}
        assert alice.unanswered == 0
        assert isinstance(buy(alice, "BTC-USD", "1", "300000"), OrderAccepted)
        assert buy(alice, "ETH-USD", "1", "400").reason is Reason.INSTRUMENT_HALTED


def test_what_is_no_instrument_is_refused_with_those_that_are(exchange: RunningExchange) -> None:
    done = exchange.command("repair", "release-orders", "ETH-EUR", "--yes", "--reason", "a slip")
    assert done.status == 1
    assert "no such instrument: ETH-EUR; there are BTC-USD, ETH-USD, SOL-USD" in done.stderr


def test_without_yes_it_says_what_it_costs_and_asks(exchange: RunningExchange) -> None:
    done = exchange.command("repair", "release-orders", "BTC-USD", "--reason", "to see")
    assert done.status == 1
    assert "its orders end: 1, of participants: 1" in done.stderr
    with connect(exchange.connection, "alice") as alice:
        assert isinstance(buy(alice, "BTC-USD", "0.1", "1000"), OrderAccepted)


def test_the_book_returns_empty_and_halted_and_a_replay_ends_in_the_same_states(
    exchange: RunningExchange,
) -> None:
    exchange.down()
    exchange.up()
    with exchange.attached():
        until("book/1 runs", lambda: shards_by_name()["book/1"]["state"] == "running")
    with connect(exchange.connection, "alice") as alice:
        assert buy(alice, "ETH-USD", "1", "400").reason is Reason.INSTRUMENT_HALTED
        assert isinstance(buy(alice, "BTC-USD", "0.1", "1000"), OrderAccepted)
    again = exchange.command("repair", "release-orders", "ETH-USD", "--yes", "--reason", "none is left")
    assert again.status == 0, again.stderr
    assert "its orders end: 0" in again.stderr
    exchange.down()
    shards = [f"{kind}/{number}" for kind in ("risk", "settlement") for number in (0, 1)]
    done = exchange.command("replay", *shards, "book/1", "control/0")
    assert done.status == 0, done.stderr
    assert len([json.loads(line)["digest"] for line in done.stdout.splitlines()]) == 6
    exchange.up()
