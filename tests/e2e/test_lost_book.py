"""A book that stays down: what its orders hold is given back, used elsewhere, and the book returns empty."""

import json
from collections.abc import Iterator

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.reasons import Reason
from tests.support.repair import buy, lose_and_release_a_book
from tests.support.running import RunningExchange, shards_by_name, until

CHANGES = {"boundaries": {"eth": {"restarts": {"budget": 0, "within_s": 60}}}}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("lost_book"), CHANGES) as running:
        yield running


def test_what_a_lost_book_holds_is_released_and_used_elsewhere(exchange: RunningExchange) -> None:
    assert "free: 801,200.4000000000 USD" in lose_and_release_a_book(exchange)


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
    with connect(exchange.connection, "alice") as alice:

        def trades_again() -> bool:
            """It is halted once more if the release comes to the book after the resumption."""
            done = exchange.command("resume", "ETH-USD", "--reason", "it is whole")
            return done.status == 0 and isinstance(buy(alice, "ETH-USD", "1", "400"), OrderAccepted)

        until("it trades again", trades_again)
    exchange.down()
    shards = [f"{kind}/{number}" for kind in ("risk", "settlement") for number in (0, 1)]
    done = exchange.command("replay", *shards, "book/1", "control/0")
    assert done.status == 0, done.stderr
    assert len([json.loads(line)["digest"] for line in done.stdout.splitlines()]) == 6
    exchange.up()
