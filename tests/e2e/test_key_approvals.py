"""A participant's key for which two operators are asked: it trades once the second has approved it, and until
the second has approved that it is revoked; with kill -9 of risk and control, while others trade.
"""

import json
from collections.abc import Iterator
from functools import partial

import pytest
import yaml

from bulkhead.client import Client, connect
from bulkhead.domain.messages.reports import OrderAccepted
from tests.support.orders import kill
from tests.support.running import RunningExchange, next_report, until

CHANGES = {
    "exchange": "approved",
    "keys": {"operators": ["operator", "second"]},
    "approvals": {"keys": 2, "within_s": 3600},
}
SHARDS = ("risk/0", "risk/1", "control/0")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    folder = tmp_path_factory.mktemp("approved")
    with RunningExchange(folder, CHANGES) as running:
        yield running


def state_of(exchange: RunningExchange, key: str) -> str:
    lines = exchange.command("key", "list", "--json").stdout.splitlines()
    return str(next(row["state"] for row in map(json.loads, lines) if row["name"] == key))


def unknown_keys(exchange: RunningExchange) -> int:
    """Dead letters of frames whose key is not registered."""
    return exchange.command("dead-letters").stdout.count("key_unknown")


def has_unknown_keys(exchange: RunningExchange, count: int) -> bool:
    return unknown_keys(exchange) == count


def propose(exchange: RunningExchange, *decision: str) -> str:
    """Its digest; it waits for the second operator."""
    done = exchange.command(*decision, "--reason", "a test")
    assert (done.status, "2 operators are needed" in done.stderr) == (3, True), done.stderr
    return str(exchange.command("approvals", "list", "--json").json["digest"])


def approve(exchange: RunningExchange, digest: str) -> None:
    own = exchange.command("approvals", "approve", digest, "--reason", "me again")
    assert (own.status, "proposal_own" in own.stderr) == (1, True), own.stderr
    done = exchange.command("--operator", "second", "approvals", "approve", digest, "--reason", "seen")
    assert (done.status, done.stderr) == (0, "Approved, and done.\n")


def place(client: Client) -> None:
    client.place("bob.main", "BTC-USD", "buy", "0.1", "100")
    next_report(client, OrderAccepted)


def test_a_key_trades_from_the_second_approval_to_the_second_approval_of_its_end_over_kill_9(
    exchange: RunningExchange,
) -> None:
    values = yaml.safe_load(exchange.topology_file.read_text())
    values["participants"]["bob"]["keys"] = ["bob", "bob.new"]
    exchange.topology_file.write_text(yaml.safe_dump(values, sort_keys=False))
    digest = propose(exchange, "key", "add", "bob", "bob.new")
    assert state_of(exchange, "bob.new") == "not registered"
    kill(exchange, *SHARDS)
    approve(exchange, digest)
    assert state_of(exchange, "bob.new") == "registered"

    with connect(exchange.connection, "bob", key="bob.new") as new:
        place(new)
        kill(exchange, *SHARDS)
        place(new)
        digest = propose(exchange, "key", "revoke", "bob", "bob.new")
        place(new)
        kill(exchange, *SHARDS)
        place(new)
        approve(exchange, digest)
        refused = unknown_keys(exchange)
        for number in (1, 2):
            new.place("bob.main", "BTC-USD", "buy", "0.1", "100")
            new.flush()
            until("its order is a dead letter", partial(has_unknown_keys, exchange, refused + number))
            kill(exchange, *SHARDS)
    assert state_of(exchange, "bob.new") == "revoked"
    with connect(exchange.connection, "bob", key="bob") as bob:
        assert len(bob.orders()) == 4
        place(bob)
    for shard in ("risk/0", "risk/1"):
        exchange.check_replay(shard)
