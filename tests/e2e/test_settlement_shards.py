"""Settlement shards are added, accounts go to them and back, and one is ended, while everybody trades."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from actors.attach import call
from bulkhead.topology import derived
from bulkhead.topology.load import load
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.killed_apply import killed_after_every_step
from tests.support.running import Done, RunningExchange, calm_topology, trade


def third(number: int) -> dict[str, Any]:
    restarts = {"budget": 5, "within_s": 60}
    return {f"ledger-{number}": {"contains": [f"settlement/{number}"], "restarts": restarts}}


BUSY = tuple(sorted(derived.slot_of(name) for name in ("flow0", "flow2")))
GROWN: dict[str, Any] = {
    "shards": {"settlement": {"count": 3, "slots": {2: list(BUSY)}}},
    "boundaries": third(2),
}
SHRUNK: dict[str, Any] = {"shards": {"settlement": {"count": 3, "retired": [2]}}}


class Exchange(RunningExchange):
    """On the log that `begun` says."""

    begun: Mapping[str, Any]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    begun = {"exchange": "ledgers"}
    with Exchange(tmp_path_factory.mktemp("ledgers"), begun) as running:
        running.begun = begun
        yield running


def edit(exchange: Exchange, changes: dict[str, Any]) -> None:
    exchange.topology_file.write_text(calm_topology({**exchange.begun, **changes}))
    load(exchange.topology_file)


def planned(exchange: Exchange, status: int) -> list[str]:
    done = exchange.command("topology", "plan", "--json")
    assert done.status == status, done.stdout + done.stderr
    return [f"{step['action']} {step['kind']} {step['name']}" for step in json.loads(done.stdout)["steps"]]


def apply(exchange: Exchange, reason: str) -> Done:
    done = exchange.command("topology", "apply", "--yes", "--reason", reason)
    assert done.status == 0, done.stderr
    assert planned(exchange, 0) == []
    return done


def test_from_two_settlement_shards_to_three_and_back_under_load_nothing_is_lost_doubled_or_misordered(
    exchange: Exchange,
) -> None:
    def a_third_takes_its_share() -> None:
        edit(exchange, GROWN)
        steps = planned(exchange, 2)
        assert [step for step in steps if step.split()[1] in ("shard", "accounts", "retirement")] == [
            "create shard settlement/2",
            f"change accounts {BUSY[0]}",
            "change accounts 342-511",
            f"change accounts {BUSY[1]}",
            "change accounts 683-1023",
        ]
        assert "create actor settlement/2" in steps
        apply(exchange, "they are many")

    def it_is_ended() -> None:
        edit(exchange, SHRUNK)
        assert planned(exchange, 2)[-7:] == [
            f"change accounts {BUSY[0]}",
            "change accounts 342-511",
            f"change accounts {BUSY[1]}",
            "change accounts 683-1023",
            "change retirement settlement/2",
            "delete actor settlement/2",
            "delete boundary ledger-2",
        ]
        apply(exchange, "they are few")

    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        a_third_takes_its_share()
        disturbance.goes_on()
        assert call("settlement/2", "balances").keys() >= {"flow0.00", "flow2.00"}
        exchange.check_replay("settlement/2")
        it_is_ended()
        disturbance.goes_on()

    outcome = replay_disturbed(exchange, 2.0, disturb)
    assert outcome.problems == []
    assert outcome.restarts == 0
    assert outcome.refused_while_moving == 0
    for shard in ("control/0", "book/0", "risk/0", "settlement/0", "settlement/1"):
        exchange.check_replay(shard)


def test_an_apply_that_is_killed_after_every_step_is_finished_by_the_next_ones(exchange: Exchange) -> None:
    """A number is not given again: the next one is settlement/3."""
    edit(exchange, {"shards": {"settlement": {"count": 3}}, "boundaries": third(2)})
    assert planned(exchange, 1)  # refused: settlement/2 has ended
    edit(exchange, {"shards": {"settlement": {"count": 4, "retired": [2]}}, "boundaries": third(3)})
    steps = planned(exchange, 2)
    assert steps[-3:] == ["create shard settlement/3", "change accounts 342-511", "change accounts 683-1023"]
    assert killed_after_every_step(exchange.topology_file) == steps
    edit(exchange, {"shards": {"settlement": {"count": 4, "retired": [2, 3]}}})
    steps = planned(exchange, 2)
    assert "change retirement settlement/3" in steps
    assert killed_after_every_step(exchange.topology_file) == steps
    assert planned(exchange, 0) == []
    trade(exchange, "ETH-USD", "1", "2000")  # of BTC-USD the flow's orders rest
    for shard in ("settlement/0", "settlement/1", "book/0"):
        exchange.check_replay(shard)


def test_the_history_has_who_what_and_why(exchange: Exchange) -> None:
    lines = exchange.command("history", "--operators", "--json").stdout.splitlines()
    told = [(each["who"], each["what"], each["reason"], each["outcome"]) for each in map(json.loads, lines)]
    assert {who for who, *_ in told} == {"operator"}
    assert {outcome for *_, outcome in told} == {"taken"}
    whats = [(what, why) for _, what, why, _ in told if what != "ChangeProcess"]
    assert whats == [
        ("AddSettlementShard", "they are many"),
        *[("MoveSettlementSlots", "they are many")] * 4,
        *[("MoveSettlementSlots", "they are few")] * 4,
        ("RetireSettlementShard", "they are few"),
        ("AddSettlementShard", ""),  # by the ones that were killed, which give no reason
        *[("MoveSettlementSlots", "")] * 4,
        ("RetireSettlementShard", ""),
    ]
