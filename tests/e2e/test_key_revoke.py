"""`bulkhead key revoke`, as an operator types it while participants trade."""

import os
import signal
from collections.abc import Iterator

import pytest

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled
from tests.support.running import RunningExchange, next_report, shards_by_name, until


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("revoke")) as running:
        yield running


def unknown_keys(exchange: RunningExchange) -> int:
    """Dead letters of frames whose key is not registered."""
    return exchange.command("dead-letters").stdout.count("key_unknown")


def restart(shard: str) -> None:
    """With kill -9, by the supervisor."""
    killed = shards_by_name()[shard]["pid"]
    os.kill(killed, signal.SIGKILL)

    def runs() -> bool:
        row = shards_by_name()[shard]
        return bool(row["state"] == "running" and row["pid"] != killed)

    until(f"{shard} runs again", runs)


def test_nothing_more_is_taken_of_a_revoked_key_also_after_a_restart_and_the_others_trade_on(
    exchange: RunningExchange,
) -> None:
    alice = connect(exchange.connection, "alice")
    with connect(exchange.connection, "bob") as bob:
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
        next_report(alice, OrderAccepted)
        done = exchange.command("key", "revoke", "alice", "alice", "--reason", "stolen")
        assert (done.status, "is revoked" in done.stderr) == (0, True), done.stderr

        def place() -> None:
            alice.place("alice.main", "BTC-USD", "buy", "0.1", "150")
            alice.flush()

        place()
        until("her order is a dead letter", lambda: unknown_keys(exchange) == 1)
        with exchange.attached():
            restart(
                Connection.load(exchange.connection).participant("alice").orders.replace("orders", "risk")
            )
        place()
        until("so is the next", lambda: unknown_keys(exchange) == 2)
        # What she had ordered before stays, and others trade with it.
        bob.place("bob.main", "BTC-USD", "sell", "0.1", "200")
        assert next_report(bob, OrderFilled).leaves == 0
    again = exchange.command("key", "revoke", "alice", "alice", "--reason", "again")
    assert (again.status, "key_unknown" in again.stderr) == (1, True)
    alice.close()
