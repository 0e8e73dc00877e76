"""An exchange changes engines between two starts, or runs on a mixed pair of replicas, and is the same."""

import os
import signal
from pathlib import Path

from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled
from tests.support.native_book import needs_native_engine
from tests.support.running import RunningExchange, next_report, shards_by_name, trade, until

pytestmark = needs_native_engine

MIXED = {
    "boundaries": {
        name: {"replicas": "standby", "engines": ["native", "reference"]} for name in ("btc", "accounts-0")
    }
}
PAIRS = ("risk/0", "settlement/0", "book/0")


def up(exchange: RunningExchange, engine: str) -> None:
    done = exchange.command("up", "--engine", engine, "--json", "--no-dashboard")
    assert (done.status, done.json["engine"]) == (0, engine), done.stderr


def replays(exchange: RunningExchange) -> None:
    """Both engines make the same of everything that the log has."""
    native, reference = (exchange.command("replay", "--engine", each) for each in ("native", "reference"))
    assert (native.status, reference.status) == (0, 0), native.stderr + reference.stderr
    assert native.stdout == reference.stdout


def test_an_exchange_goes_on_where_it_was_on_the_other_engine(tmp_path: Path) -> None:
    with RunningExchange(tmp_path) as exchange:
        assert exchange.installation.engine_running() == "native"  # what there is
        trade(exchange, "BTC-USD", "0.5", "60000.00")
        with connect(exchange.connection, "alice") as alice:
            alice.place("alice.main", "BTC-USD", "buy", "0.25", "59000.00", client_order_id="resting")
            next_report(alice, OrderAccepted)
        exchange.down()

        up(exchange, "reference")
        trade(exchange, "BTC-USD", "0.5", "60000.00")
        with connect(exchange.connection, "bob") as bob:
            bob.place("bob.main", "BTC-USD", "sell", "0.10", "59000.00")
            next_report(bob, OrderFilled)
        exchange.down()

        up(exchange, "native")
        with connect(exchange.connection, "alice") as alice:
            alice.cancel("alice.main", "resting")
            assert next_report(alice, OrderCanceled).message.quantity_lots == 15_000_000
        exchange.down()
        replays(exchange)


def test_a_mixed_pair_takes_over_from_each_other_and_trades_on(tmp_path: Path) -> None:
    with RunningExchange(tmp_path, MIXED) as exchange:
        assert exchange.installation.engine_running() == "native, reference"
        with exchange.attached():
            for _ in range(2):  # the one leads, then the other
                trade(exchange, "BTC-USD", "0.5", "60000.00")
                for shard in PAIRS:
                    kill_primary(shard)
                trade(exchange, "BTC-USD", "0.5", "60000.00")
            errors = [row["last_error"] for row in shards_by_name().values()]
        assert not any(errors), errors
        for shard in PAIRS:
            exchange.check_replay(shard)


def kill_primary(shard: str) -> None:
    """When both replicas are there; and wait until both are there again."""

    def pair(killed: int = 0) -> dict[str, int] | None:
        rows = [row for row in shards_by_name().values() if row["replica_of"] == shard]
        roles = {row["role"]: row["pid"] for row in rows if row["state"] == "running"}
        complete = roles.keys() == {"primary", "standby"} and killed not in roles.values()
        return roles if complete else None

    pid = until(f"{shard} has a primary and a standby", pair)["primary"]
    os.kill(pid, signal.SIGKILL)
    until(f"{shard} has both again", lambda: pair(pid))
