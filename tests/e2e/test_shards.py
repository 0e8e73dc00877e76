"""Risk shards are added, slots move to them and back, and one is ended, while everybody trades."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bulkhead.topology import derived
from bulkhead.topology.load import load
from tests.support.running import Done, RunningExchange, edited_topology, trade

THIRD = {"accounts-2": {"contains": ["risk/2"], "restarts": {"budget": 5, "within_s": 60}}}
GROWN: dict[str, Any] = {"shards": {"risk": {"count": 3}}, "boundaries": THIRD}
SHRUNK: dict[str, Any] = {"shards": {"risk": {"count": 3, "retired": [2]}}}
ALICE = derived.slot_of("alice")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("shards"), {"exchange": "shards"}) as running:
        yield running


def edit(exchange: RunningExchange, changes: dict[str, Any]) -> None:
    exchange.topology_file.write_text(edited_topology({"exchange": "shards", **changes}))
    load(exchange.topology_file)


def planned(exchange: RunningExchange, status: int) -> list[str]:
    done = exchange.command("topology", "plan", "--json")
    assert done.status == status, done.stdout + done.stderr
    return [f"{step['action']} {step['kind']} {step['name']}" for step in json.loads(done.stdout)["steps"]]


def apply(exchange: RunningExchange, reason: str) -> Done:
    done = exchange.command("topology", "apply", "--yes", "--reason", reason)
    assert done.status == 0, done.stderr
    assert planned(exchange, 0) == []
    return done


def test_one_slot_moves_as_the_file_says_and_its_participant_trades_on(exchange: RunningExchange) -> None:
    pids = exchange.processes().keys()
    trade(exchange, "BTC-USD", "1", "20000")
    owner = derived.slot_table(exchange.installation.topology.shards.risk)[ALICE]
    edit(exchange, {"shards": {"risk": {"slots": {1 - owner: [ALICE]}}}})
    assert planned(exchange, 2) == [f"change slots {ALICE}"]
    unsaid = exchange.command("topology", "apply", "--yes")
    assert (unsaid.status, "--reason" in unsaid.stderr) == (1, True), unsaid.stderr
    apply(exchange, "alice is busy")
    assert exchange.processes().keys() == pids
    connection = json.loads(exchange.connection.read_text())
    assert connection["participants"]["alice"]["orders"] == f"orders/{1 - owner}"
    trade(exchange, "BTC-USD", "1", "20000")
