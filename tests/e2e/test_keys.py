"""`bulkhead key`, as an operator types it while participants trade."""

import json
import os
import signal
from collections.abc import Iterator

import pytest
import yaml

from bulkhead.client import connect
from bulkhead.client.connection import Connection
from bulkhead.domain.keys import Permission
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report, shards_by_name, until


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("revoke")) as running:
        yield running


def unknown_keys(exchange: RunningExchange) -> int:
    """Dead letters of frames whose key is not registered."""
    return exchange.command("dead-letters").stdout.count("key_unknown")


def listed_keys(exchange: RunningExchange) -> dict[str, str]:
    """State by name."""
    lines = exchange.command("key", "list", "--json").stdout.splitlines()
    return {row["name"]: row["state"] for row in map(json.loads, lines)}


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


def test_a_key_is_changed_for_another_while_its_participant_trades(exchange: RunningExchange) -> None:
    values = yaml.safe_load(exchange.topology_file.read_text())
    values["participants"]["bob"]["keys"] = {"bob": ["trade"], "bob.new": ["trade"], "bob.night": ["cancel"]}
    exchange.topology_file.write_text(yaml.safe_dump(values, sort_keys=False))
    before_it = {"bob": "may otherwise", "bob.new": "not registered", "bob.night": "not registered"}
    assert listed_keys(exchange).items() >= before_it.items()
    with connect(exchange.connection, "bob", key="bob") as before:
        for key in ("bob", "bob.new", "bob.night"):
            done = exchange.command("key", "add", "bob", key, "--reason", "rotation")
            assert done.status == 0, done.stderr
        name = before.place("bob.main", "BTC-USD", "buy", "0.1", "100")
        next_report(before, OrderAccepted)
        with exchange.attached():
            restart(Connection.load(exchange.connection).participant("bob").orders.replace("orders", "risk"))
        with connect(exchange.connection, "bob", key="bob.night") as night:
            night.place("bob.main", "BTC-USD", "buy", "0.1", "100")
            refused = next_report(night, OrderRejected).message
            assert (refused.reason, refused.bound, refused.actual) == (
                Reason.KEY_PERMISSION,
                Permission.TRADE,
                Permission.CANCEL,
            )
            night.cancel("bob.main", name)
            assert next_report(night, OrderCanceled).message.client_order_id == name
        with connect(exchange.connection, "bob", key="bob.new") as after:
            done = exchange.command("key", "revoke", "bob", "bob", "--reason", "rotation")
            assert done.status == 0, done.stderr
            assert "It has no other" not in done.stderr
            after.place("bob.main", "BTC-USD", "buy", "0.1", "100")
            next_report(after, OrderAccepted)
    after_it = {"bob": "revoked", "bob.new": "registered", "bob.night": "registered"}
    assert listed_keys(exchange).items() >= after_it.items()
    refused_again = exchange.command("key", "add", "bob", "bob", "--reason", "again")
    assert (refused_again.status, "key_unknown" in refused_again.stderr) == (1, True)
    unknown = exchange.command("key", "add", "bob", "nobodys", "--reason", "a test")
    assert (unknown.status, "participants.bob.keys" in unknown.stderr) == (1, True)
