"""Risk shards are added, slots move to them and back, and one is ended, while everybody trades."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from actors.attach import call
from bulkhead.topology import derived
from tests.support.changing import ChangingExchange
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.killed_apply import killed_after_every_step
from tests.support.running import (
    trade,
)

THIRD = {"accounts-2": {"contains": ["risk/2"], "restarts": {"budget": 5, "within_s": 60}}}
BUSY = tuple(sorted(derived.slot_of(name) for name in ("flow0", "flow2")))
"""who trades most, on the first risk shard and on the second"""
GROWN: dict[str, Any] = {"shards": {"risk": {"count": 3, "slots": {2: list(BUSY)}}}, "boundaries": THIRD}
SHRUNK: dict[str, Any] = {"shards": {"risk": {"count": 3, "retired": [2]}}}
ALICE = derived.slot_of("alice")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChangingExchange]:
    with ChangingExchange(tmp_path_factory.mktemp("shards"), {"exchange": "shards"}) as running:
        yield running


def test_one_slot_moves_as_the_file_says_and_its_participant_trades_on(exchange: ChangingExchange) -> None:
    pids = exchange.processes().keys()
    trade(exchange, "BTC-USD", "1", "20000")
    owner = derived.slot_table(exchange.installation.topology.shards.risk)[ALICE]
    exchange.edit({"shards": {"risk": {"slots": {1 - owner: [ALICE]}}}})
    assert exchange.planned(2) == [f"change slots {ALICE}"]
    unsaid = exchange.command("topology", "apply", "--yes")
    assert (unsaid.status, "--reason" in unsaid.stderr) == (1, True), unsaid.stderr
    exchange.apply("alice is busy")
    assert exchange.processes().keys() == pids
    connection = json.loads(exchange.connection.read_text())
    assert connection["participants"]["alice"]["orders"] == f"orders/{1 - owner}"
    trade(exchange, "BTC-USD", "1", "20000")


def test_from_two_risk_shards_to_three_and_back_under_load_nothing_is_lost_doubled_or_misordered(
    exchange: ChangingExchange,
) -> None:
    def a_third_takes_its_share() -> None:
        exchange.edit(GROWN)
        steps = exchange.planned(2)
        assert [step for step in steps if step.split()[1] in ("shard", "slots", "retirement")] == [
            "create shard risk/2",
            f"change slots {BUSY[0]}",
            "change slots 342-511",
            f"change slots {BUSY[1]}",
            f"change slots 683-{ALICE - 1}",
            f"change slots {ALICE}",  # from where the first test has left it
            f"change slots {ALICE + 1}-1023",
        ]
        assert "create actor risk/2" in steps
        exchange.apply("they are many")

    def it_is_ended() -> None:
        exchange.edit(SHRUNK)
        assert exchange.planned(2)[-7:] == [
            f"change slots {BUSY[0]}",
            "change slots 342-511",
            f"change slots {BUSY[1]}",
            "change slots 683-1023",
            "change retirement risk/2",
            "delete actor risk/2",
            "delete boundary accounts-2",
        ]
        exchange.apply("they are few")

    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        a_third_takes_its_share()
        disturbance.goes_on()
        assert call("risk/2", "balances").keys() >= {"flow0.00", "flow2.00"}
        exchange.check_replay("risk/2")
        it_is_ended()
        disturbance.goes_on()

    outcome = replay_disturbed(exchange, 2.0, disturb, moves=True)
    assert outcome.problems == []
    assert outcome.restarts == 0
    for shard in ("control/0", "book/0", "risk/0", "risk/1", "settlement/0"):
        exchange.check_replay(shard)


def test_an_apply_that_is_killed_after_every_step_is_finished_by_the_next_ones(
    exchange: ChangingExchange,
) -> None:
    """A number is not given again: the next one is risk/3."""
    exchange.edit({"shards": {"risk": {"count": 3}}, "boundaries": THIRD})
    assert exchange.planned(1)  # refused: risk/2 has ended
    fourth = {"accounts-3": {"contains": ["risk/3"], "restarts": {"budget": 5, "within_s": 60}}}
    exchange.edit({"shards": {"risk": {"count": 4, "retired": [2]}}, "boundaries": fourth})
    steps = exchange.planned(2)
    assert steps[-3:] == ["create shard risk/3", "change slots 342-511", "change slots 683-1023"]
    assert killed_after_every_step(exchange.topology_file) == steps
    assert exchange.planned(0) == []
    trade(exchange, "ETH-USD", "1", "2000")  # of BTC-USD the flow's orders rest
    for shard in ("risk/3", "risk/1", "book/0"):
        exchange.check_replay(shard)


def test_the_history_has_who_what_and_why(exchange: ChangingExchange) -> None:
    lines = exchange.command("history", "--operators", "--json").stdout.splitlines()
    told = [(each["who"], each["what"], each["reason"], each["outcome"]) for each in map(json.loads, lines)]
    assert {who for who, *_ in told} == {"operator"}
    assert {outcome for *_, outcome in told} == {"taken"}
    whats = [(what, why) for _, what, why, _ in told if what != "ChangeProcess"]
    assert whats == [
        ("MoveSlots", "alice is busy"),
        ("AddRiskShard", "they are many"),
        *[("MoveSlots", "they are many")] * 6,
        *[("MoveSlots", "they are few")] * 4,
        ("RetireRiskShard", "they are few"),
        ("AddRiskShard", ""),  # by the one that was killed, which gives no reason
        *[("MoveSlots", "")] * 2,
    ]
