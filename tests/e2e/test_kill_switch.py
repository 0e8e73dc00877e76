"""The kill switch as an operator types it while participants trade; with kill -9 of risk and book."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchChanged
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report, shards_by_name, until

SHARDS = ("book/0", "book/1", "risk/0", "risk/1")


@pytest.fixture(scope="module")
def exchange(
    on_each_log: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("kills"), {"exchange": "kills", **on_each_log}) as running:
        yield running


def kill_shards(exchange: RunningExchange) -> None:
    """kill -9 of every risk shard and two books, at once; until each runs again."""
    with exchange.attached():
        before = {name: shards_by_name()[name]["pid"] for name in SHARDS}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)

        def run_again() -> bool:
            rows = shards_by_name()
            return all(
                rows[name]["state"] == "running" and rows[name]["pid"] != pid for name, pid in before.items()
            )

        until("all run again", run_again)


def place(client: Client, instrument: str, price: str) -> None:
    client.place(f"{client.participant_id}.main", instrument, "buy", "1", price)


def test_a_stopped_participant_s_orders_end_and_it_stays_stopped_over_kill_9_until_it_is_lifted(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "carol") as carol:
        for client in (alice, carol):
            for instrument in ("BTC-USD", "ETH-USD"):
                place(client, instrument, "100")
                next_report(client, OrderAccepted)
        done = exchange.command("kill-switch", "on", "--participant", "alice", "--reason", "test")
        assert done.status == 0, done.stderr
        assert "participant alice: stopped. 2 orders are being canceled" in done.stdout
        told = next_report(alice, KillSwitchChanged).message
        assert (told.scope, told.name, told.on, told.asked) == (KillScope.PARTICIPANT, "alice", True, 2)
        assert {next_report(alice, OrderCanceled).message.reason for _ in range(2)} == {Reason.KILLED}

        kill_shards(exchange)
        place(alice, "BTC-USD", "100")
        refused = next_report(alice, OrderRejected).message
        assert (refused.reason, refused.bound) == (Reason.KILLED, KillScope.PARTICIPANT)
        place(carol, "BTC-USD", "101")
        next_report(carol, OrderAccepted)
        (standing,) = exchange.command("kill-switch", "show", "--json").json
        assert (standing["scope"], standing["name"], standing["since_ms"]) == (
            "participant",
            "alice",
            refused.actual,
        )

        done = exchange.command("kill-switch", "off", "--participant", "alice", "--reason", "test", "--json")
        assert done.json["on"] is False
        place(alice, "BTC-USD", "100")
        next_report(alice, OrderAccepted)
        assert "No kill switch is on." in exchange.command("kill-switch", "show").stdout


def test_everything_is_stopped_in_every_shard(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "carol") as carol:
        for client in (alice, carol):
            place(client, "ETH-USD", "99")
            next_report(client, OrderAccepted)
        done = exchange.command("kill-switch", "on", "--everything", "--reason", "test", "--json")
        assert (done.json["scope"], done.json["risk_shards"]) == ("everything", 2)
        for client in (alice, carol):
            until(f"no order of {client.participant_id}'s is live", lambda client=client: not client.orders())
            place(client, "ETH-USD", "98")
            assert next_report(client, OrderRejected).message.reason is Reason.KILLED
        shown = exchange.command("kill-switch", "show").stdout
        assert "everything" in shown
        assert "0, 1" in shown
        done = exchange.command("kill-switch", "off", "--everything", "--reason", "test")
        assert done.status == 0, done.stderr


def test_what_is_wrong_is_said_and_nothing_is_sent(exchange: RunningExchange) -> None:
    for arguments, problem in (
        (("on", "--reason", "x"), "name one of"),
        (("on", "--everything", "--account", "alice.main", "--reason", "x"), "name one of"),
        (("off", "--instrument", "BTC-EUR", "--reason", "x"), "instrument_unknown"),
        (("on", "--everything", "--reason", "x" * 65), "65 characters"),
    ):
        done = exchange.command("kill-switch", *arguments)
        assert (done.status, problem in done.stderr) == (1, True), done.stderr


def test_a_replay_of_every_shard_comes_to_its_state(exchange: RunningExchange) -> None:
    for shard in SHARDS:
        exchange.check_replay(shard)
