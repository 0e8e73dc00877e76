"""A book that takes nothing is felt by who sends to it, up to a window, and then refused; by nobody else."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report, shards_by_name
from tests.support.zombies import pause_between_writes

WINDOW = 50
OFFERED = 10 * WINDOW
CHANGES: dict[str, Any] = {"exchange": "slow-book", "shards": {"risk": {"commands_in_flight_max": WINDOW}}}


@pytest.fixture(scope="module")
def exchange(
    on_each_log: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("slow_book"), {**CHANGES, **on_each_log}) as running:
        yield running


@contextmanager
def stopped(exchange: RunningExchange, shard: str) -> Iterator[None]:
    """It takes nothing inside the block."""
    with exchange.attached():
        pid = int(shards_by_name()[shard]["pid"])
    pause_between_writes(pid, exchange.installation.log_address)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def buy(client: Client, count: int = 1, price: str = "100") -> None:
    for _ in range(count):
        client.place(f"{client.participant_id}.main", "ETH-USD", "buy", "0.01", price)
    client.flush()


def refused(client: Client) -> tuple[Reason, int, int]:
    """The next order that is, with the bound and what it would have passed."""
    report = next_report(client, OrderRejected).message
    return report.reason, report.bound, report.actual


def test_a_book_that_takes_nothing_has_a_window_of_orders_waiting_and_the_rest_are_refused(
    exchange: RunningExchange,
) -> None:
    busy = (Reason.INSTRUMENT_BUSY, WINDOW, WINDOW)
    with (
        connect(exchange.connection, "alice", window=2 * OFFERED) as alice,
        connect(exchange.connection, "bob") as bob,
        connect(exchange.connection, "carol") as carol,  # on the other risk shard
    ):
        with stopped(exchange, "book/1"):
            buy(alice, OFFERED)
            assert {refused(alice) for _ in range(OFFERED - WINDOW)} == {busy}
            buy(bob)  # on alice's risk shard, which sends nothing more there
            assert refused(bob) == busy
            buy(carol)
            assert carol.unanswered == 1

            # Other instruments of the same risk shards, and who has orders waiting there.
            alice.place("alice.main", "BTC-USD", "buy", "0.01", "200")
            next_report(alice, OrderAccepted)
            carol.place("carol.main", "BTC-USD", "sell", "0.01", "200")
            assert next_report(carol, OrderFilled).leaves == 0
            assert next_report(alice, OrderFilled).leaves == 0
        accepted = [next_report(alice, OrderAccepted).message.client_order_id for _ in range(WINDOW)]
        assert len(set(accepted)) == WINDOW
        next_report(carol, OrderAccepted)
        assert (alice.unanswered, carol.unanswered) == (0, 0)
        buy(bob, price="101")
        next_report(bob, OrderAccepted)
    for shard in ("risk/0", "risk/1", "book/1"):
        exchange.check_replay(shard)
