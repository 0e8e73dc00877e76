"""An instrument and who trades it, added by the file to an exchange that trades; and the end of one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bulkhead.client import connect
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from bulkhead.topology.load import load
from tests.support.killed_apply import killed_after_every_step
from tests.support.running import Done, RunningExchange, calm_topology, next_report, trade

XRP = {
    "base": "XRP",
    "quote": "USD",
    "price_increment": "0.0001",
    "quantity_increment": "0.1",
    "price_min": "0.0001",
    "price_max": "1000",
    "quantity_min": "0.1",
    "quantity_max": "100000",
    "bands": {"static": "900", "interruption_s": 60},
}
BOOKS = [{"instruments": ["BTC-USD"]}, {"instruments": ["ETH-USD", "XRP-USD"]}, {"instruments": ["SOL-USD"]}]
ZOE = {
    "keys": ["zoe"],
    "accounts": ["zoe.main"],
    "balances": {"USD": "1000", "XRP": "500"},
    "limits": {"order_size_max": {"XRP": "50"}},
}
ADDED: dict[str, Any] = {
    "assets": {"XRP": {"decimals": 6}},
    "instruments": {"XRP-USD": XRP},
    "shards": {"books": BOOKS},
    "participants": {"zoe": ZOE},
    "fees": {"taker": "0.0020"},
    "keys": {"operators": ["operator", "second"]},
}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("listing"), {"exchange": "listing"}) as running:
        yield running


def edit(exchange: RunningExchange, changes: dict[str, Any]) -> None:
    exchange.topology_file.write_text(calm_topology({"exchange": "listing", **changes}))
    load(exchange.topology_file)


def planned(exchange: RunningExchange, status: int) -> list[str]:
    done = exchange.command("topology", "plan", "--json")
    assert done.status == status, done.stdout + done.stderr
    return [f"{step['action']} {step['kind']} {step['name']}" for step in json.loads(done.stdout)["steps"]]


def apply(exchange: RunningExchange, reason: str) -> Done:
    return exchange.command("topology", "apply", "--yes", "--reason", reason)


def test_what_the_file_adds_is_planned_told_and_traded_while_every_process_runs_on(
    exchange: RunningExchange,
) -> None:
    pids = exchange.processes().keys()
    edit(exchange, ADDED)
    steps = planned(exchange, 2)
    assert [step for step in steps if step.split()[1] not in ("key", "topic")] == [
        "change connection connection.json",
        "change actor risk/0",  # they may speak to zoe
        "change actor risk/1",
        "create asset XRP",
        "create instrument XRP-USD",
        "change fees listing",
        "create participant zoe",
        "change operators listing",
    ]
    unsaid = exchange.command("topology", "apply", "--yes")
    assert (unsaid.status, "--reason" in unsaid.stderr) == (1, True), unsaid.stderr
    done = apply(exchange, "zoe asked for it")
    assert done.status == 0, done.stderr
    assert exchange.processes().keys() == pids
    assert planned(exchange, 0) == []
    with connect(exchange.connection, "zoe") as zoe, connect(exchange.connection, "alice") as alice:
        zoe.place("zoe.main", "XRP-USD", "sell", "51", "0.5")
        refused = next_report(zoe, OrderRejected).message
        assert isinstance(refused, OrderRejected)
        assert refused.reason is Reason.ORDER_SIZE_LIMIT
        zoe.place("zoe.main", "XRP-USD", "sell", "50", "0.5")
        next_report(zoe, OrderAccepted)
        alice.place("alice.main", "XRP-USD", "buy", "40", "0.5")
        filled = next_report(alice, OrderFilled).message
        assert isinstance(filled, OrderFilled)
        assert filled.fee_amount == 20 * 10**10 * 20 // 10_000  # of 20 USD
    trade(exchange, "ETH-USD", "1", "2000")  # its neighbour in the partition trades on


def test_an_instrument_is_retired_when_it_is_halted_and_has_no_order_left(exchange: RunningExchange) -> None:
    retired = {**ADDED, "instruments": {"XRP-USD": {**XRP, "trading": "retired"}}}
    edit(exchange, retired)
    assert planned(exchange, 2) == ["change instrument XRP-USD"]
    trading = apply(exchange, "nobody trades it")
    assert (trading.status, "bulkhead halt XRP-USD" in trading.stderr) == (1, True), trading.stderr
    assert exchange.command("halt", "XRP-USD", "--reason", "it ends").status == 0
    rests = apply(exchange, "nobody trades it")
    assert (rests.status, "it has 1 open" in rests.stderr) == (1, True), rests.stderr
    canceled = exchange.command("mass-cancel", "--instrument", "XRP-USD", "--reason", "it ends")
    assert canceled.status == 0, canceled.stderr
    done = apply(exchange, "nobody trades it")
    assert done.status == 0, done.stderr
    assert planned(exchange, 0) == []
    with connect(exchange.connection, "zoe") as zoe:
        zoe.place("zoe.main", "XRP-USD", "sell", "1", "0.5")
        refused = next_report(zoe, OrderRejected).message
        assert isinstance(refused, OrderRejected)
        assert refused.reason is Reason.INSTRUMENT_RETIRED
    edit(exchange, ADDED)
    assert planned(exchange, 1) == []
    edit(exchange, retired)
    trade(exchange, "ETH-USD", "1", "2000")


def test_the_history_has_who_what_and_why_and_every_shard_replays_to_its_state(
    exchange: RunningExchange,
) -> None:
    lines = exchange.command("history", "--operators", "--json").stdout.splitlines()
    told = [(each["who"], each["what"], each["reason"], each["outcome"]) for each in map(json.loads, lines)]
    asked = (
        "ChangeProcess",
        "ChangeProcess",
        "AddAsset",
        "ListInstrument",
        "SetBands",
        "SetPhase",
        "SetFees",
    )
    whom = ("AddParticipant", "SetLimit", "AddAccount", "RegisterKey", "AddOperator")
    assert told[:12] == [("operator", what, "zoe asked for it", "taken") for what in (*asked, *whom)]
    ends = [(what, outcome) for _, what, _, outcome in told[12:]]
    assert ends == [
        ("RetireInstrument", "refused: phase_needed"),
        ("SetPhase", "taken"),
        ("RetireInstrument", "refused: orders_open"),
        ("OperatorMassCancel", "taken"),
        ("RetireInstrument", "taken"),
    ]
    for shard in ("control/0", "book/1", "risk/0", "risk/1", "settlement/0", "settlement/1"):
        exchange.check_replay(shard)


def test_an_apply_that_is_killed_after_every_step_tells_everything_once(exchange: RunningExchange) -> None:
    before = len(decisions(exchange))
    ada = {**XRP, "base": "ADA"}
    more = {
        **ADDED,
        "assets": {**ADDED["assets"], "ADA": {"decimals": 6}},
        "instruments": {"XRP-USD": {**XRP, "trading": "retired"}, "ADA-USD": ada},
        "shards": {"books": [*BOOKS[:2], {"instruments": ["SOL-USD", "ADA-USD"]}]},
        "participants": {"zoe": ZOE, "yan": {**ZOE, "keys": ["yan"], "accounts": ["yan.main"]}},
    }
    edit(exchange, more)
    steps = planned(exchange, 2)
    assert {step.split()[1] for step in steps} >= {
        "key",
        "topic",
        "actor",
        "asset",
        "instrument",
        "participant",
    }
    assert killed_after_every_step(exchange.topology_file) == steps
    assert planned(exchange, 0) == []
    told = decisions(exchange)[before:]
    assert {outcome for _, outcome in told} == {"taken"}
    once = [
        what for what, _ in told if what in ("AddAsset", "ListInstrument", "AddParticipant", "AddAccount")
    ]
    assert once == ["AddAsset", "ListInstrument", "AddParticipant", "AddAccount"]
    with connect(exchange.connection, "yan") as yan:
        yan.place("yan.main", "ADA-USD", "buy", "1", "0.5")
        next_report(yan, OrderAccepted)
    for shard in ("control/0", "book/2", "risk/0", "risk/1"):
        exchange.check_replay(shard)


def decisions(exchange: RunningExchange) -> list[tuple[str, str]]:
    """What operators have decided, and what came of it."""
    lines = exchange.command("history", "--operators", "--json").stdout.splitlines()
    return [(each["what"], each["outcome"]) for each in map(json.loads, lines)]
