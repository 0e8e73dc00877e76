"""A machine with a bug, in an exchange that runs: what halts, what goes on, what an operator does then."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.running import RunningExchange, next_report, shards_by_name, until

POISON = Path(__file__).parents[1] / "support" / "poison"
REPLICATED = ("btc", "accounts-0", "accounts-1")
CHANGES = {
    "boundaries": {name: {"replicas": "standby"} for name in REPLICATED},
    "shards": {"engine": "reference"},  # the bugs are put into it
}


@pytest.fixture(scope="module")
def exchange(
    on_each_log: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningExchange]:
    changes = {"exchange": "poisoned", **CHANGES, **on_each_log}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(POISON))
        with RunningExchange(tmp_path_factory.mktemp("quarantine"), changes) as running:
            yield running


def quarantined(exchange: RunningExchange) -> list[dict[str, Any]]:
    done = exchange.command("quarantine", "list", "--json")
    assert done.status == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def replicas(exchange: RunningExchange, shard: str) -> list[dict[str, Any]]:
    with exchange.attached():
        return [row for row in shards_by_name().values() if row["replica_of"] == shard]


def agree(exchange: RunningExchange, shard: str) -> bool:
    """Both replicas run, and know of the same halted things."""
    rows = replicas(exchange, shard)
    roles = {row["role"] for row in rows if row["state"] == "running"}
    return roles == {"primary", "standby"} and len({tuple(row["quarantined"]) for row in rows}) == 1


def test_a_books_bug_halts_one_instrument_and_an_operator_lets_it_go_on(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "200")
        next_report(alice, OrderAccepted)
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "66.66")
        refused = next_report(alice, OrderRejected).message
        assert refused.reason is Reason.QUARANTINED
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "201")
        assert next_report(alice, OrderRejected).message.reason is Reason.INSTRUMENT_HALTED
        # Other instruments, and the same account there, go on.
        bob.place("bob.main", "ETH-USD", "sell", "1", "300")
        next_report(bob, OrderAccepted)
        alice.place("alice.main", "ETH-USD", "buy", "1", "300")
        assert next_report(alice, OrderFilled).leaves == 0

        (row,) = quarantined(exchange)
        assert (row["id"], row["subject"], row["state"]) == ("book/0:1", "instrument BTC-USD", "halted")
        shown = exchange.command("quarantine", "show", "book/0:1").stdout
        assert "ZeroDivisionError: a bug of EnterOrder" in shown
        until("both replicas agree", lambda: agree(exchange, "book/0"))
        assert "instrument BTC-USD" in exchange.command("status").stdout

        # It stays halted, whoever dies.
        for victim in replicas(exchange, "book/0"):
            os.kill(victim["pid"], signal.SIGKILL)
        until("both are back", lambda: agree(exchange, "book/0"))
        alice.place("alice.main", "BTC-USD", "buy", "0.1", "201")
        assert next_report(alice, OrderRejected).message.reason is Reason.INSTRUMENT_HALTED

        done = exchange.command("quarantine", "release", "book/0:1", "--reason", "looked at it")
        assert done.status == 0, done.stderr
        until("it is released", lambda: quarantined(exchange)[0]["state"] == "released")
        bob.place("bob.main", "BTC-USD", "sell", "0.1", "200")
        assert next_report(bob, OrderFilled).leaves == 0  # alice's first order was there all the time


def test_a_bug_of_risk_halts_one_account(exchange: RunningExchange) -> None:
    with connect(exchange.connection, "alice") as alice:
        alice.place("alice.savings", "ETH-USD", "buy", "1", "100", client_order_id="poison-risk")
        assert next_report(alice, OrderRejected).message.reason is Reason.QUARANTINED
        alice.place("alice.savings", "ETH-USD", "buy", "1", "100")
        assert next_report(alice, OrderRejected).message.reason is Reason.ACCOUNT_HALTED
        alice.place("alice.main", "ETH-USD", "buy", "1", "100")
        next_report(alice, OrderAccepted)
        (row,) = [row for row in quarantined(exchange) if row["shard"].startswith("risk/")]
        assert row["subject"] == "account alice.savings"
        done = exchange.command("quarantine", "release", row["id"], "--reason", "let her")
        assert done.status == 0, done.stderr

        def accepted() -> bool:
            alice.place("alice.savings", "ETH-USD", "buy", "1", "100")
            return isinstance(next_report(alice, (OrderAccepted, OrderRejected)).message, OrderAccepted)

        until("she trades again", accepted)


def test_a_bug_of_settlement_puts_an_accounts_legs_aside_and_everything_adds_up_after_their_release(
    exchange: RunningExchange,
) -> None:
    with connect(exchange.connection, "alice") as alice, connect(exchange.connection, "bob") as bob:
        bob.place("bob.main", "BTC-USD", "sell", "0.00006666", "200")
        next_report(bob, OrderAccepted)
        alice.place("alice.main", "BTC-USD", "buy", "0.00006666", "200")
        assert next_report(alice, OrderFilled).leaves == 0
    held = until(
        "his leg is put aside",
        lambda: [row for row in quarantined(exchange) if row["shard"].startswith("settlement/")],
    )
    assert [row["subject"] for row in held] == ["account bob.main"]
    shard = held[0]["shard"]
    until("both replicas agree", lambda: agree(exchange, shard))
    done = exchange.command("quarantine", "discard", held[0]["id"], "--reason", "by hand")
    assert done.status == 0, done.stderr
    until("it is gone", lambda: not any(row["quarantined"] for row in replicas(exchange, shard)))


@pytest.mark.parametrize("shard", ["book/0", "risk/0", "risk/1", "settlement/0", "settlement/1"])
def test_a_replay_up_to_where_a_shard_is_comes_to_its_state(exchange: RunningExchange, shard: str) -> None:
    exchange.check_replay(shard)
