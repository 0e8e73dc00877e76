"""What stops when a boundary fails follows from the streams, and they are those that machines speak."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.settlement_shards import MoveSettlementSlots
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.log.port import Log
from bulkhead.topology.derived import slot_of
from bulkhead.topology.flows import BY_KINDS, FLOWS, edges
from bulkhead.topology.load import loads
from bulkhead.topology.models import Topology
from bulkhead.topology.radius import Effect, Exchange, Recovery
from bulkhead.topology.radius_picture import picture
from bulkhead.topology.radius_told import told
from commands.blast_radius import blast_radius
from tests.support.exchange import SHIPPED, MemoryExchange
from tests.support.operator import Operator
from tests.unit.topology.recording import Recording


def shipped(**changes: object) -> Topology:
    return loads(yaml.safe_dump({**yaml.safe_load(SHIPPED.read_text()), **changes}, sort_keys=False))


def with_gateways_and_mirrors() -> Topology:
    values = yaml.safe_load(SHIPPED.read_text())
    values["shards"] |= {"ingress": "gateway", "views": [{"books": ["book/*"], "accounts": ["risk/*"]}]}
    values["boundaries"]["ways in"] = values["boundaries"].pop("views") | {"contains": ["ingress/*"]}
    values["boundaries"] = {name.replace(" ", "-"): its for name, its in values["boundaries"].items()}
    values["boundaries"]["views"] = values["boundaries"]["eth"] | {"contains": ["view/*"]}
    values["views"] = {"adapter": "redis"}
    return loads(yaml.safe_dump(values, sort_keys=False))


def test_the_table_has_every_flow_of_a_topology_and_no_other() -> None:
    found = {(edge.source.kind, edge.reader.kind) for edge in edges(with_gateways_and_mirrors())}
    assert found == set(BY_KINDS)
    assert len(FLOWS) == len(BY_KINDS)


def test_the_table_is_what_machines_really_send() -> None:
    logs: list[Recording] = []

    def wrap(log: Log) -> Log:
        logs.append(Recording(log))
        return cast(Log, logs[0])

    values = yaml.safe_load(SHIPPED.read_text())
    values["shards"]["ingress"] = "gateway"
    values["boundaries"]["ingress"] = values["boundaries"]["eth"] | {"contains": ["ingress/*"]}
    exchange = MemoryExchange(yaml.safe_dump(values, sort_keys=False), wrap=wrap)
    for name, side in (("alice", Side.BUY), ("carol", Side.SELL)):
        trader = exchange.trader(name)
        terms = (OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 100)
        trader.send(PlaceOrder(f"{name}.main", "1", "BTC-USD", side, *terms))
        exchange.settle()
    exchange.control(SetPhase("BTC-USD", Phase.HALTED))
    operator = Operator(exchange, exchange.topology.keys.operators[0])
    operator.decide(ChangeBehaviour(2, "a test"))
    taken = {slot_of(name) for name in exchange.topology.participants}
    slot = next(slot for slot in range(1024) if slot not in taken)  # those of gateways stay
    operator.decide(MoveSlots(slot, slot, 0, 1))
    exchange.settle()
    operator.decide(MoveSettlementSlots(slot, slot, 0, 1))
    exchange.tick(1000)
    exchange.settle()
    said = {
        (edge.source.kind, edge.reader.kind)
        for edge in edges(exchange.topology)
        if (edge.source.name, edge.partition) in logs[0].sent
    }
    # A gateway is no machine and mirrors are other readers of risk's partition: neither runs in this thread.
    machines = {pair for pair in BY_KINDS if pair[0] != "ingress" and pair[1] != "view"}
    assert {pair for pair in said if pair[1] != "view"} == machines
    assert ("book", "view") in said


@pytest.mark.parametrize(
    ("boundary", "stops", "degrades"),
    [
        ("eth", {"book/1"}, {"risk/0", "risk/1", "view/0"}),
        ("accounts-0", {"risk/0", "settlement/0"}, {"risk/1"}),
        ("control", {"control/0"}, set()),
        ("clock", {"clock/0"}, {"control/0", "risk/0", "risk/1", "book/0", "book/1", "book/2"}),
        ("supervisor", {"supervisor"}, set()),
        ("views", {"view/0"}, set()),
    ],
)
def test_the_shipped_boundaries_stop_themselves_and_degrade_who_waits_for_them(
    boundary: str, stops: set[str], degrades: set[str]
) -> None:
    effects = Exchange(shipped()).radius(boundary).shards
    assert {name for name, effect in effects.items() if effect is Effect.STOPS} == stops
    assert {name for name, effect in effects.items() if effect is Effect.DEGRADES} == degrades


def test_a_book_takes_the_orders_to_it_and_a_risk_shard_its_participants() -> None:
    exchange = Exchange(shipped())
    assert [service.name for service in exchange.radius("eth").stopped] == [
        "orders risk/0 book/1",
        "orders risk/1 book/1",
        "market data book/1",
    ]
    assert [service.name for service in exchange.radius("accounts-1").stopped] == [
        "commands risk/1",
        "orders risk/1 book/0",
        "orders risk/1 book/1",
        "orders risk/1 book/2",
        "ledger settlement/1",
    ]


def test_a_gateway_takes_what_its_participants_send_and_its_risk_shard_waits() -> None:
    exchange = Exchange(with_gateways_and_mirrors())
    radius = exchange.radius("ways-in")
    assert {service.kind for service in radius.stopped} == {"commands", "orders"}
    assert radius.shards["risk/0"] is Effect.DEGRADES
    assert radius.missed["risk/0"] == ("ingress/0 away: its participants' commands wait in their topics",)


def test_every_way_of_a_service_is_a_chain_of_flows() -> None:
    for service in Exchange(with_gateways_and_mirrors()).services:
        kinds = [shard.partition("/")[0] for shard in service.way]
        assert set(pairwise(kinds)) <= {(f.source, f.reader) for f in FLOWS}


def test_a_broker_stops_everything_but_the_supervisor_and_redis_nothing() -> None:
    exchange = Exchange(
        shipped(log={"adapter": "pulsar"}, snapshots={"adapter": "redis"}, views={"adapter": "redis"})
    )
    assert exchange.names[-3:] == ("broker", "redis", "ray")
    assert {s for s, effect in exchange.radius("broker").shards.items() if effect is not Effect.STOPS} == {
        "supervisor"
    }
    redis = exchange.radius("redis")
    assert Effect.STOPS not in redis.shards.values()
    assert redis.stopped == ()
    assert redis.missed["view/0"] == ("redis away: its pages in Redis stand still",)
    assert set(exchange.radius("ray").shards.values()) == {Effect.STOPS}


def test_two_redis_servers_fail_apart() -> None:
    exchange = Exchange(
        shipped(snapshots={"adapter": "redis", "url": "redis://127.0.0.1:6380/0"}, views={"adapter": "redis"})
    )
    assert exchange.names[-3:] == ("redis-snapshots", "redis-views", "ray")
    assert set(exchange.radius("redis-views").missed) == {"view/0"}
    assert "view/0" not in exchange.radius("redis-snapshots").missed


@pytest.mark.parametrize(
    ("replicas", "budget", "expected"),
    [
        ("none", 5, Recovery(2, "restart", "restart", 2, 60)),
        ("standby", 5, Recovery(4, "takeover", "restart", 1, 60)),
        ("active", 3, Recovery(4, "takeover", "operator", 0, 60)),
        ("none", 1, Recovery(2, "restart", "operator", 0, 60)),
        ("none", 0, Recovery(2, "operator", "operator", 0, 60)),
    ],
)
def test_a_failure_of_the_whole_costs_a_restart_of_every_process(
    replicas: str, budget: int, expected: Recovery
) -> None:
    values = yaml.safe_load(SHIPPED.read_text())
    values["boundaries"]["accounts-0"] |= {
        "replicas": replicas,
        "restarts": {"budget": budget, "within_s": 60},
    }
    exchange = Exchange(loads(yaml.safe_dump(values)))
    assert exchange.recovery("accounts-0") == expected
    back = told(exchange, "accounts-0")["back"]
    assert (back["when_one_dies"], back["when_all_die"]) == (expected.one_dies, expected.all_die)
    assert ("operator" in back["said"]) == (expected.all_die == "operator")


def test_ray_restarts_the_supervisor_without_limit() -> None:
    exchange = Exchange(shipped())
    assert exchange.recovery("supervisor").failures is None
    assert "without limit" in told(exchange, "supervisor")["back"]["said"]


def test_what_is_told_divides_all_shards_and_services() -> None:
    exchange = Exchange(with_gateways_and_mirrors())
    for name in exchange.names:
        said = told(exchange, name)
        shards = [*said["stops"]["shards"], *said["degrades"], *said["goes_on"]["shards"]]
        assert sorted(shards) == sorted(exchange.radius(name).shards)
        services = [*said["stops"]["services"], *said["goes_on"]["services"]]
        assert sorted(services) == sorted(service.name for service in exchange.services)


def test_the_picture_is_svg_with_every_shard_and_names_what_fails() -> None:
    exchange = Exchange(shipped())
    text = picture(exchange, exchange.names)
    root = ElementTree.fromstring(text)
    words = [element.text or "" for element in root.iter() if element.tag.endswith("text")]
    assert [word for word in words if word.endswith(" fails")] == [f"{name} fails" for name in exchange.names]
    assert words.count("✕ book/1") == 2  # its own boundary, and ray
    assert words.count("~ risk/0") == 5  # three books, another's ledger, the clock


def test_a_picture_of_many_shards_counts_those_that_it_does_not_draw() -> None:
    values = yaml.safe_load(SHIPPED.read_text())
    values["shards"]["settlement"]["count"] = 50
    values["boundaries"]["accounts-1"]["contains"] = ["risk/1"]
    values["boundaries"]["accounts-0"]["contains"] = ["risk/0", "settlement/*"]
    text = picture(Exchange(loads(yaml.safe_dump(values))), ["accounts-0"])
    assert "✕ 45 more settlements" in text
    assert "settlement/5<" not in text


def command(*arguments: str) -> Any:
    app = Typer()
    app.command()(blast_radius)
    return CliRunner().invoke(app, [*arguments])


def test_the_command_tells_it_as_table_json_and_picture(tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        return command(*arguments, "--topology", str(SHIPPED))

    shown = run("--svg", str(tmp_path / "all.svg"))
    assert shown.exit_code == 0
    assert "accounts-0" in shown.stdout
    assert (tmp_path / "all.svg").read_text().startswith("<svg")
    found = json.loads(run("--json").stdout)
    assert [each["boundary"] for each in found["radii"]] == list(Exchange(shipped()).names)
    one = run("eth")
    assert "market data of ETH-USD" in one.stdout
    unknown = run("et")
    assert unknown.exit_code == 1
    assert "there is no boundary 'et': it is one of btc, eth" in unknown.stderr
    nowhere = run("--svg", str(tmp_path / "none" / "all.svg"))
    assert (nowhere.exit_code, "the picture was not written" in nowhere.stderr) == (1, True)


def placed() -> Exchange:
    values = yaml.safe_load(SHIPPED.read_text())
    nodes = {"west-1": {"zone": "west"}, "west-2": {"zone": "west"}, "east-1": {"zone": "east"}}
    values["placement"] = {"address": "10.0.0.1", "nodes": nodes}
    values["boundaries"]["btc"] |= {"replicas": "standby", "nodes": ["west-1", "east-1"]}
    values["boundaries"]["eth"] |= {"nodes": ["west-1"]}
    values["boundaries"]["views"] |= {"zones": ["west"]}
    values["boundaries"]["accounts-0"] |= {"replicas": "standby", "nodes": ["west-1", "west-2"]}
    return Exchange(loads(yaml.safe_dump(values, sort_keys=False)))


@pytest.mark.parametrize(
    ("failed", "stops", "alone"),
    [
        (("node west-1",), {"book/1"}, {"book/0", "risk/0", "settlement/0"}),
        (("node west-2",), {"view/0"}, {"risk/0", "settlement/0"}),
        (("node east-1",), set(), {"book/0"}),
        (("zone west",), {"book/1", "view/0", "risk/0", "settlement/0"}, {"book/0"}),
        (("node west-1", "node east-1"), {"book/0", "book/1"}, {"risk/0", "settlement/0"}),
        (("node west-2", "sol"), {"view/0", "book/2"}, {"risk/0", "settlement/0"}),
    ],
)
def test_a_node_stops_the_shards_of_which_no_process_is_elsewhere(
    failed: tuple[str, ...], stops: set[str], alone: set[str]
) -> None:
    radius = placed().radius(*failed)
    assert {shard for shard, effect in radius.shards.items() if effect is Effect.STOPS} == stops
    assert {shard for shard, what in radius.missed.items() if "none takes over" in str(what)} == alone


def test_the_head_stops_everything_and_one_machine_has_no_nodes_that_fail() -> None:
    assert set(placed().radius("node head").shards.values()) == {Effect.STOPS}
    assert not any(" " in name for name in Exchange(shipped()).names)


def test_what_a_node_loses_is_restarted_in_its_zone_or_waits_for_it() -> None:
    exchange = placed()
    back = {name: told(exchange, name)["back"]["said"] for name in exchange.names if " " in name}
    assert back["node west-1"] == "when it is back (`bulkhead node join`)"
    assert back["node head"] == "when an operator types `bulkhead up`"
    values = yaml.safe_load(yaml.safe_dump(exchange.topology.model_dump(mode="json", exclude_none=True)))
    del values["boundaries"]["accounts-0"]["nodes"]
    spread = Exchange(loads(yaml.safe_dump(values)))
    assert told(spread, "node west-2")["back"]["said"] == "0.79 to 1.6 s by restart elsewhere"


def test_the_command_tells_of_a_node_and_of_a_zone(tmp_path: Path) -> None:
    file = tmp_path / "topology.yaml"
    file.write_text(yaml.safe_dump(placed().topology.model_dump(mode="json", exclude_none=True)))
    for options, name in ((["--node", "west-1"], "node west-1"), (["--zone", "west"], "zone west")):
        done = command("--topology", str(file), "--json", *options)
        (radius,) = json.loads(done.stdout)["radii"]
        assert radius == told(placed(), name)
        assert "its process book/0 away" in command("--topology", str(file), *options).stdout
    assert command("--topology", str(file), "--node", "mars").exit_code == 1
    assert command("--topology", str(file), "btc", "--zone", "west").exit_code == 1
