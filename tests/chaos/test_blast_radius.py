"""A boundary fails on a running exchange, and what stops is what its topology declares; or it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import SHIPPED, RunningExchange, calm_topology, run, trade

MANY = {"restarts": {"budget": 100, "within_s": 3600}}
CHANGES = {
    "shards": {"ingress": "gateway"},
    "boundaries": {
        "doors": {"contains": ["ingress/*"], **MANY},
        "accounts-0": MANY,
        "accounts-1": {"restarts": {"budget": 1, "within_s": 3600}},
        "eth": {"replicas": "standby"},
    },
}
RUN_TIMEOUT_S = 600.0


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("radius"), CHANGES) as running:
        yield running


@pytest.mark.chaos
def test_a_boundary_that_fails_stops_what_was_declared_and_nothing_else(exchange: RunningExchange) -> None:
    done = exchange.command("chaos", "--boundary", "accounts-0", "--json")
    assert done.status == 0, done.stdout + done.stderr
    stops = {"risk/0", "settlement/0", "commands risk/0", "orders risk/0 book/0", "orders risk/0 book/1"}
    assert {*done.json["declared"]["stops"]} == {*done.json["observed"]["stops"]} == stops
    lacking = {*done.json["declared"]["degrades"]} - done.json["observed"]["unobserved"].keys()
    assert {*done.json["observed"]["degrades"]} == lacking != set()
    away = {name for name, ms in done.json["unavailable_ms"].items() if ms > 0}
    assert away == stops
    assert done.json["differences"] == []


@pytest.mark.chaos
def test_both_replicas_of_a_book_fail_and_only_its_instrument_stops(exchange: RunningExchange) -> None:
    done = exchange.command("chaos", "--boundary", "eth", "--json")
    assert done.status == 0, done.stdout + done.stderr
    assert {*done.json["observed"]["stops"]} == {"book/1", "orders risk/0 book/1", "orders risk/1 book/1"}


@pytest.mark.chaos
def test_all_gateways_fail_and_what_only_orders_move_is_not_judged(exchange: RunningExchange) -> None:
    done = exchange.command("chaos", "--boundary", "doors", "--json")
    assert done.status == 0, done.stdout + done.stderr
    risk, gateways = ("risk/0", "risk/1"), {"ingress/0", "ingress/1"}
    ways = {f"commands {each}" for each in risk} | {
        f"orders {each} {book}" for each in risk for book in ("book/0", "book/1")
    }
    assert {*done.json["observed"]["stops"]} == gateways | ways
    assert done.json["observed"]["unobserved"] == {"view/0": "no order comes that far"}


@pytest.mark.chaos
def test_a_boundary_that_would_stay_down_is_not_failed(exchange: RunningExchange) -> None:
    before = exchange.status()
    done = exchange.command("chaos", "--boundary", "accounts-1")
    assert done.status == 1
    assert "its 2 processes need as many restarts, and 1 of 1 in 3600 s are left" in done.stderr
    pids = [{row["shard"]: row["pid"] for row in status["shards"]} for status in (before, exchange.status())]
    assert pids[0] == pids[1]


@pytest.mark.chaos
def test_a_boundary_that_is_declared_narrower_than_it_is_is_found(exchange: RunningExchange) -> None:
    ledger = {"contains": ["settlement/0"], **MANY}
    narrower = {"accounts-0": {**MANY, "contains": ["risk/0"]}, "ledger-0": ledger}
    declared = exchange.topology_file.read_text()
    exchange.topology_file.write_text(calm_topology({"boundaries": narrower}))
    try:
        done = exchange.command("chaos", "--boundary", "accounts-0", "--json")
    finally:
        exchange.topology_file.write_text(declared)
    assert done.status == 1
    (difference,) = done.json["differences"]
    assert difference.startswith("settlement/0 was declared to go on, and stood still for ")
    assert done.json["unavailable_ms"]["settlement/0"] > 0
    assert done.json["trials"] == 3


@pytest.mark.chaos
def test_ray_takes_everything_with_it_and_an_up_brings_it_back(exchange: RunningExchange) -> None:
    done = exchange.command("chaos", "--boundary", "ray", "--json")
    assert done.status == 0, done.stdout + done.stderr
    assert {*done.json["observed"]["stops"]} == {*done.json["first_seen_ms"]}
    bought, sold = trade(exchange, "BTC-USD", "0.01", "100")
    assert bought.leaves == sold.leaves == 0


@pytest.mark.pulsar
def test_a_broker_that_fails_stops_every_shard_but_the_supervisor(tmp_path: Path) -> None:
    where = ("--log", "pulsar", "--folder", tmp_path / "chaos", "--topology", SHIPPED)
    done = run("chaos", "--boundary", "broker", "--json", *where, cwd=Path("/"), timeout_s=RUN_TIMEOUT_S)
    assert done.status == 0, done.stdout + done.stderr
    assert {*done.json["first_seen_ms"]} - {*done.json["observed"]["stops"]} == {"supervisor"}
    assert done.json["path"]["log"] == "pulsar"
