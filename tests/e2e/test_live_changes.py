"""Single processes are added, replaced, moved and taken away while the rest trades and its processes stay."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from actors.change import Change
from actors.memory import remembered
from actors.ordering import carry_out_order
from bulkhead.installation.ground import Ground
from bulkhead.installation.state import Installation, process_started
from bulkhead.topology.load import load
from bulkhead.topology.plan.objects import RUNNING
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.killed_apply import killed_after_every_step
from tests.support.running import (
    COMMAND_TIMEOUT_S,
    SHIPPED,
    RunningExchange,
    calm_topology,
    command_line,
    environment,
    shards_by_name,
    trade,
    until,
)

WHY = "it is tried"
BUDGET = {"budget": 20, "within_s": 60}
STANDBY = {"replicas": "standby", "restarts": BUDGET, "suspect_after_ms": 60_000}
"""A busy machine makes nobody lead: who leads is looked at here after each change."""
PAIR = {"btc": STANDBY}
MOVED = {
    "btc": None,
    "second": {**STANDBY, "contains": ["book/0"], "engines": ["reference", "native"]},
}
VIEWS = {"views": [{"books": ["book/*"]}, {"books": ["book/1"]}]}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("live"), {"exchange": "live"}) as running:
        yield running


def edit(exchange: RunningExchange, changes: Mapping[str, Any]) -> None:
    exchange.topology_file.write_text(calm_topology({"exchange": "live", **changes}))


def plan(exchange: RunningExchange) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(exchange.command("topology", "plan", "--json").stdout)
    return found


def steps(exchange: RunningExchange) -> list[str]:
    """Of processes; topics come before them."""
    named = [f"{step['action']} {step['kind']} {step['name']}" for step in plan(exchange)["steps"]]
    return [step for step in named if step.split()[1] in ("actor", "boundary")]


def apply(exchange: RunningExchange) -> None:
    done = exchange.command("topology", "apply", "--yes", "--reason", WHY)
    assert done.status == 0, done.stderr
    assert plan(exchange)["nothing_to_do"]


def pids() -> dict[str, int]:
    return {name: row["pid"] for name, row in shards_by_name().items()}


def roles(shard: str) -> dict[str, str]:
    rows = shards_by_name().values()
    return {row["shard"]: row["role"] for row in rows if row["replica_of"] == shard}


def test_processes_come_and_go_and_take_over_while_everybody_trades(exchange: RunningExchange) -> None:
    def a_second_process_and_a_view_are_added(before: dict[str, int]) -> dict[str, int]:
        edit(exchange, {"boundaries": PAIR, "shards": VIEWS})
        assert steps(exchange) == [
            "change boundary btc",
            "change actor book/0",
            "create actor book/0.b",
            "create actor view/1",
        ]
        assert not any(step["interrupts"] for step in plan(exchange)["steps"])
        apply(exchange)
        after = pids()
        assert after.keys() - before.keys() == {"book/0.b", "view/1"}
        assert before.items() <= after.items()
        until("the second follows", lambda: roles("book/0") == {"book/0": "primary", "book/0.b": "standby"})
        return after

    def the_book_moves_to_another_boundary_and_engine(before: dict[str, int]) -> dict[str, int]:
        edit(exchange, {"boundaries": MOVED, "shards": VIEWS})
        assert steps(exchange) == [
            "create boundary second",
            "replace actor book/0.b",
            "replace actor book/0",
            "delete boundary btc",
        ]
        *_, following, leading, _ = plan(exchange)["steps"]
        assert following["interrupts"] == ""
        assert "for a hand-over" in leading["interrupts"]
        apply(exchange)
        assert roles("book/0") == {"book/0": "standby", "book/0.b": "primary"}
        after = pids()
        assert {name for name in after if after[name] != before[name]} == {"book/0", "book/0.b"}
        return after

    def all_of_it_is_taken_back(before: dict[str, int]) -> None:
        edit(exchange, {})
        assert "delete actor book/0.b" in steps(exchange)
        apply(exchange)
        after = pids()
        assert before.keys() - after.keys() == {"book/0.b", "view/1"}
        assert {name for name in after if after[name] != before[name]} == {"book/0"}

    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        found = a_second_process_and_a_view_are_added(pids())
        disturbance.goes_on()
        found = the_book_moves_to_another_boundary_and_engine(found)
        disturbance.goes_on()
        all_of_it_is_taken_back(found)
        disturbance.goes_on()

    outcome = replay_disturbed(exchange, 4.0, disturb)
    assert outcome.problems == []
    assert outcome.restarts == 0
    for shard in ("book/0", "risk/0", "risk/1"):
        exchange.check_replay(shard)
    recorded = exchange.installation.changes_path.read_text().splitlines()
    told = [json.loads(line) for line in recorded]
    assert {"by", "at_us", "why"} <= told[-1].keys()
    assert ("delete", "book/0.b") in {(each["action"], each["name"]) for each in told}
    history = exchange.command("history", "--operators", "--json").stdout.splitlines()
    signed = [each for each in map(json.loads, history) if each["what"] == "ChangeProcess"]
    done = [
        f"{each['fields']['action']} {each['fields']['kind']} {each['fields']['name']}" for each in signed
    ]
    assert [step for step in done if "book/0.b" in step] == [
        "create actor book/0.b",
        "replace actor book/0.b",
        "delete actor book/0.b",
    ]
    assert {(each["who"], each["reason"], each["outcome"]) for each in signed} == {("operator", WHY, "taken")}


def test_an_apply_that_is_killed_after_every_step_comes_to_the_same_processes(
    exchange: RunningExchange,
) -> None:
    edit(exchange, {"boundaries": {**PAIR, "eth": {"restarts": BUDGET}}, "shards": VIEWS})
    before = steps(exchange)
    assert "change boundary eth" in before
    assert killed_after_every_step(exchange.topology_file) == before
    assert plan(exchange)["nothing_to_do"]
    with exchange.attached():
        assert roles("book/0") == {"book/0": "primary", "book/0.b": "standby"}


def test_what_has_spent_its_budget_is_started_alone_by_an_operator(exchange: RunningExchange) -> None:
    none = {"eth": {"restarts": {"budget": 0, "within_s": 60}}}
    edit(exchange, {"boundaries": {**PAIR, **none}, "shards": VIEWS})
    assert "change boundary eth" in steps(exchange)
    apply(exchange)
    with exchange.attached():
        before = pids()
        os.kill(before["book/1"], signal.SIGKILL)
        until("it is down", lambda: shards_by_name()["book/1"]["state"] == "down")
        assert steps(exchange) == ["create actor book/1"]
        apply(exchange)
        after = pids()
    assert {name for name in after if after[name] != before[name]} == {"book/1"}
    assert exchange.status()["boundaries"]["eth"] == {"halted": None, "restarts": 0}


def test_a_supervisor_that_dies_in_the_middle_goes_on_with_what_it_was_told(
    exchange: RunningExchange,
) -> None:
    """It has ended a process and started no other; who applies gives its order again."""
    eth = {"eth": {"restarts": BUDGET, "engines": ["reference"]}}
    edit(exchange, {"boundaries": {**PAIR, **eth}, "shards": VIEWS})
    assert "replace actor book/1" in steps(exchange)
    with exchange.attached():
        before, supervisor = pids(), exchange.status()["pid"]
        applying = subprocess.Popen(
            command_line(
                *("topology", "apply", "--yes", "--reason", WHY, "--topology", exchange.topology_file)
            ),
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
        until("the book has ended", lambda: process_started(before["book/1"]) is None, COMMAND_TIMEOUT_S)
        os.kill(supervisor, signal.SIGKILL)
        assert applying.wait(COMMAND_TIMEOUT_S) == 0
        after = pids()
        assert exchange.status()["pid"] != supervisor
    assert {name for name in before if after[name] != before[name]} == {"book/1"}
    assert plan(exchange)["nothing_to_do"]
    trade(exchange, "ETH-USD", "1", "2000")


def test_a_book_that_is_appended_has_its_process_before_anybody_speaks_to_it(
    exchange: RunningExchange,
) -> None:
    """Its instrument is told by another step than those that are done here."""
    named = ("BTC-USD", "ETH-USD", "SOL-USD", "XRP-USD")
    another = yaml.safe_load(SHIPPED.read_text())["instruments"]["ETH-USD"]
    edit(
        exchange,
        {
            "instruments": {"XRP-USD": another},
            "shards": {**VIEWS, "books": [{"instruments": [name]} for name in named]},
            "boundaries": {**PAIR, "xrp": {"contains": ["book/3"], "restarts": BUDGET}},
        },
    )
    grown = Installation(load(exchange.topology_file), exchange.topology_file)
    with exchange.attached(), Change(grown) as change, Ground(grown) as ground:
        before = pids()
        planned = change.plan().steps
        for step in planned:
            if step.kind == "topic":
                ground.perform(step)
        for step in planned:
            if step.kind in RUNNING:
                carry_out_order(grown, step)
        after = shards_by_name()
        told = {step.name: step.action for step in planned if step.kind == "actor"}
    assert told.items() >= {"book/3": "create", "risk/0": "change", "clock/0": "change"}.items()
    assert (after["book/3"]["state"], after["book/3"]["events"]) == ("running", 0)
    other = {name for name, pid in before.items() if name in after and after[name]["pid"] != pid}
    assert other == {name for name, action in told.items() if action == "replace"}
    assert "view/0" in other  # which follows all books
    memory = remembered(grown.supervisor_path)
    assert memory is not None
    assert "books/3" in memory.launches["risk/0"].destinations
    trade(exchange, "ETH-USD", "1", "2000")
