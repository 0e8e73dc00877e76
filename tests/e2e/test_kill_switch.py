"""What stops a participant while others trade: kill switch, silence, protection; with kill -9 of shards."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest

from bulkhead.client import Client, connect
from bulkhead.domain.messages.kill_switch import KillScope, KillSwitchChanged, OwnKillSwitchSet
from bulkhead.domain.messages.protection import ProtectionTripped
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.orders import kill
from tests.support.pulsar import Broker
from tests.support.running import RunningExchange, next_report, until

pytestmark = pytest.mark.pulsar

SHARDS = ("book/0", "book/1", "risk/0", "risk/1")


@pytest.fixture(scope="module")
def exchange(pulsar_broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(
        tmp_path_factory.mktemp("kills"), {"exchange": "kills", "log": pulsar_broker.topology}
    ) as running:
        yield running


PROGRAM = """
import sys
from bulkhead.client import connect
with connect(sys.argv[1], "carol", cancel_on_disconnect_s=2.0) as carol:
    carol.place("carol.main", "BTC-USD", "buy", "1", "91")
    for report in carol.reports():
        if type(report.message).__name__ == "OrderAccepted":
            print("OrderAccepted", flush=True)
"""


def kinds_of_risk_events(exchange: RunningExchange) -> set[str]:
    lines = exchange.command("watch", "--risk", "--once", "--json").stdout.splitlines()
    return {json.loads(line)["event"] for line in lines}


def has_no_order(client: Client) -> bool:
    return not client.orders()


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

        kill(exchange, *SHARDS)
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
            until(f"no order of {client.participant_id}'s is live", partial(has_no_order, client))
            place(client, "ETH-USD", "98")
            assert next_report(client, OrderRejected).message.reason is Reason.KILLED
        shown = exchange.command("kill-switch", "show").stdout
        assert "everything" in shown
        assert "0, 1" in shown
        done = exchange.command("kill-switch", "off", "--everything", "--reason", "test")
        assert done.status == 0, done.stderr


def test_the_orders_of_a_program_that_was_killed_are_canceled_and_nobody_else_s(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice:
        place(alice, "BTC-USD", "90")
        next_report(alice, OrderAccepted)
        program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(exchange.connection)], stdout=subprocess.PIPE, text=True
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "OrderAccepted\n"
        kill(exchange, *SHARDS)  # what was asked for is in the snapshot, or in the log
        program.kill()
        program.wait()
        program.stdout.close()
        until("carol was taken for gone", lambda: "SessionSilent" in kinds_of_risk_events(exchange))
        with connect(exchange.connection, "carol") as carol:
            assert carol.session.open_orders == ()
        assert [order.price_ticks for order in alice.orders()] == [90_00]
        alice.cancel("alice.main", alice.orders()[0].client_order_id)
        next_report(alice, OrderCanceled)


def test_a_protected_group_is_pulled_over_kill_9(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        alice.guards.protect("quotes", 60.0, fills=2)
        for price in ("3000", "3001"):
            alice.place("alice.main", "ETH-USD", "sell", "1", price, quote_group="quotes")
            next_report(alice, OrderAccepted)
        bob.place("bob.main", "ETH-USD", "buy", "0.5", "3000")
        next_report(alice, OrderFilled)
        kill(exchange, *SHARDS)
        bob.place("bob.main", "ETH-USD", "buy", "0.5", "3000")
        told = next_report(alice, ProtectionTripped).message
        assert (told.quote_group, told.fills) == ("quotes", 2)
        assert next_report(alice, OrderCanceled).message.reason is Reason.PROTECTED
        alice.place("alice.main", "ETH-USD", "sell", "1", "3000", quote_group="quotes")
        assert next_report(alice, OrderRejected).message.reason is Reason.PROTECTED
        alice.guards.reset_protection("quotes")
        alice.place("alice.main", "ETH-USD", "sell", "1", "3000", quote_group="quotes")
        next_report(alice, OrderAccepted)
        assert "QuotesPulled" in kinds_of_risk_events(exchange)
        shown = exchange.command("watch", "--risk", "--once")
        assert "pulled" in shown.stdout


def test_a_participant_stops_itself_over_kill_9_and_it_or_an_operator_lets_go(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "carol") as carol:
        for client in (alice, carol):
            place(client, "BTC-USD", "100")
            next_report(client, OrderAccepted)
        alice.guards.kill()
        assert next_report(alice, OwnKillSwitchSet).message.on
        until("alice has no order", partial(has_no_order, alice))
        kill(exchange, *SHARDS)
        place(alice, "BTC-USD", "100")
        refused = next_report(alice, OrderRejected).message
        assert (refused.reason, refused.bound) == (Reason.KILLED, KillScope.OWN)
        place(carol, "BTC-USD", "101")
        next_report(carol, OrderAccepted)
        (standing,) = exchange.command("kill-switch", "show", "--json").json
        assert (standing["scope"], standing["name"], standing["since_ms"]) == ("own", "alice", refused.actual)
        alice.guards.release()
        assert not next_report(alice, OwnKillSwitchSet).message.on
        place(alice, "BTC-USD", "100")
        next_report(alice, OrderAccepted)

    done = exchange.command("order", "kill", "alice", "--json")
    assert done.status == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert (told[0]["report"], told[0]["on"], told[0]["asked"]) == ("OwnKillSwitchSet", True, 1)
    done = exchange.command("order", "place", "alice", "BTC-USD", "buy", "1", "--price", "100")
    assert (done.status, "killed" in done.stdout) == (1, True), done.stdout
    done = exchange.command("kill-switch", "off", "--own", "alice", "--reason", "she has called")
    assert done.status == 0, done.stderr
    done = exchange.command("order", "place", "alice", "BTC-USD", "buy", "1", "--price", "100")
    assert done.status == 0, done.stdout
    done = exchange.command("order", "kill", "alice")
    assert "OwnKillSwitchSet" in done.stdout
    done = exchange.command("order", "release", "alice")
    assert (done.status, "on False" in done.stdout) == (0, True), done.stdout


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
