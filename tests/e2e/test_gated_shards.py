"""Slots move, and a risk shard is added and ended, while everybody trades through gateways."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bulkhead.topology import derived
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.gateways import BOUNDARY
from tests.support.running import RunningExchange, calm_topology, trade

BUSY = tuple(sorted(derived.slot_of(name) for name in ("flow0", "flow2")))
"""who trades most, on the first risk shard and on the second"""
THIRD = {"accounts-2": {"contains": ["risk/2"], "restarts": {"budget": 5, "within_s": 60}}}


def text(risk: dict[str, Any], boundaries: dict[str, Any]) -> str:
    return calm_topology(
        {
            "exchange": "gatedshards",
            "shards": {"ingress": "gateway", "risk": risk},
            "boundaries": {**BOUNDARY, **boundaries},
        }
    )


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    begun = {"exchange": "gatedshards", "shards": {"ingress": "gateway"}, "boundaries": BOUNDARY}
    with RunningExchange(tmp_path_factory.mktemp("gatedshards"), begun) as running:
        yield running


def apply(exchange: RunningExchange, reason: str) -> None:
    done = exchange.command("topology", "apply", "--yes", "--reason", reason)
    assert done.status == 0, done.stderr
    left = exchange.command("topology", "plan", "--json")
    assert (left.status, json.loads(left.stdout)["steps"]) == (0, []), left.stdout + left.stderr


def test_through_gateways_from_two_risk_shards_to_three_and_back_under_load_nothing_is_lost_or_doubled(
    exchange: RunningExchange,
) -> None:
    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        exchange.topology_file.write_text(text({"count": 3, "slots": {2: list(BUSY)}}, THIRD))
        apply(exchange, "they are many")
        disturbance.goes_on()
        exchange.check_replay("risk/2")
        exchange.check_replay("ingress/2")
        exchange.topology_file.write_text(text({"count": 3, "retired": [2]}, {}))
        apply(exchange, "they are few")
        disturbance.goes_on()

    outcome = replay_disturbed(exchange, 2.0, disturb)
    assert outcome.problems == []
    assert outcome.restarts == 0
    for shard in ("control/0", "book/0", "risk/0", "risk/1", "ingress/0", "ingress/1", "settlement/0"):
        exchange.check_replay(shard)


def test_whoever_was_moved_trades_on_in_its_own_topic(exchange: RunningExchange) -> None:
    connection = json.loads(exchange.connection.read_text())
    assert connection["participants"]["alice"]["ingress"] == "ingress.alice/0"
    trade(exchange, "ETH-USD", "1", "2000")
    done = exchange.command("dead-letters", "--json")
    assert (done.status, done.stdout) == (0, "")
