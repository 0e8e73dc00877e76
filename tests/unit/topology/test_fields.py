"""What two topologies say differently, and what a change of each field does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.topology.load import loads
from bulkhead.topology.plan.effects import ADDED, EFFECTS, REMOVED, Level, effect_of
from bulkhead.topology.plan.explained import leaves
from bulkhead.topology.plan.fields import field_changes
from tests.support.running import SHIPPED, edited_topology


def changed(changes: dict[str, Any]) -> list[tuple[str, Level]]:
    before, after = loads(SHIPPED.read_text()), loads(edited_topology(changes))
    return [(str(change), change.effect.level) for change in field_changes(before, after)]


def test_a_topology_is_no_different_from_itself_written_otherwise() -> None:
    text = SHIPPED.read_text()
    values = yaml.safe_load(text)
    values["participants"]["alice"]["keys"] = {"alice": ["withdraw", "trade", "cancel"]}
    values["participants"]["flow0"]["accounts"] = [f"flow0.{number:02d}" for number in range(25)]
    values["boundaries"]["views"]["contains"] = ["view/0"]
    values["instruments"]["BTC-USD"]["tick"] = "0.010"
    values["fees"]["taker"] = "0.001"
    values["shards"]["ingress"] = "direct"
    values["participants"] = dict(reversed(values["participants"].items()))
    assert field_changes(loads(text), loads(yaml.safe_dump(values, sort_keys=True))) == []


CASES: list[tuple[dict[str, Any], str, Level]] = [
    ({"fees": {"taker": "0.0020"}}, "fees.taker: 0.0010 -> 0.0020", Level.APPLIED),
    ({"clock": {"tick_ms": 50}}, "clock.tick_ms: 100 -> 50", Level.REPLACED),
    ({"snapshots": {"keep": 5}}, "snapshots.keep: 3 -> 5", Level.REPLACED),
    ({"participants": {"bob": None}}, "participants.bob: removed", Level.REFUSED),
    (
        {"participants": {"alice": {"accounts": ["alice.main"]}}},
        "participants.alice.accounts.alice.savings: removed",
        Level.REFUSED,
    ),
    (
        {"participants": {"alice": {"limits": {"open_orders_max": 7}}}},
        "participants.alice.limits.open_orders_max: 1000 -> 7",
        Level.COMMAND,
    ),
    (
        {"participants": {"alice": {"limits": {"order_notional_max": {"USD": "7"}}}}},
        "participants.alice.limits.order_notional_max.USD: 500000 -> 7",
        Level.COMMAND,
    ),
    (
        {"participants": {"alice": {"keys": ["alice", "second"]}}},
        "participants.alice.keys.second: trade, cancel, withdraw, was not there",
        Level.COMMAND,
    ),
    (
        {"participants": {"zoe": {"keys": ["zoe"], "accounts": ["zoe.main"]}}},
        "participants.zoe: added",
        Level.APPLIED,
    ),
    (
        {"instruments": {"ETH-USD": {"matching": "pro-rata"}}},
        "instruments.ETH-USD.matching: price-time -> pro-rata",
        Level.REFUSED,
    ),
    (
        {"instruments": {"ETH-USD": {"price_increment": "0.01"}}},
        "instruments.ETH-USD.price_increment: 0.05 -> 0.01",
        Level.KEPT,
    ),
    (
        {"instruments": {"ETH-USD": {"tick": "0.05"}}},
        "instruments.ETH-USD.tick: 0.01 -> 0.05",
        Level.REFUSED,
    ),
    (
        {"instruments": {"ETH-USD": {"bands": {"static": "5"}}}},
        "instruments.ETH-USD.bands: {static: 5, interruption_s: 120}, was not there",
        Level.COMMAND,
    ),
    (
        {"instruments": {"ETH-USD": {"trading": "halted"}}},
        "instruments.ETH-USD.trading: continuous -> halted",
        Level.COMMAND,
    ),
    (
        {"boundaries": {"btc": {"replicas": "standby"}}},
        "boundaries.btc.replicas: none -> standby",
        Level.APPLIED,
    ),
    (
        {"shards": {"risk": {"slots": {1: ["3-9"]}}}},
        "shards.risk.slots.1: 3-9, was not there",
        Level.APPLIED,
    ),
    (
        {"shards": {"settlement": {"slots": {1: ["3-9"]}}}},
        "shards.settlement.slots.1: 3-9, was not there",
        Level.APPLIED,
    ),
    ({"log": {"durability": "full"}}, "log.durability: normal -> full", Level.RESTART),
    ({"log": {"directory": "other"}}, "log.directory: .bulkhead/dev/log -> other", Level.REFUSED),
    ({"keys": {"internal": "second"}}, "keys.internal: internal -> second", Level.REFUSED),
    ({"assets": {"USD": {"decimals": 12}}}, "assets.USD.decimals: 10 -> 12", Level.REFUSED),
]


@pytest.mark.parametrize(("changes", "text", "level"), CASES, ids=[case[1].split(":")[0] for case in CASES])
def test_each_change_is_said_with_what_it_does(changes: dict[str, Any], text: str, level: Level) -> None:
    assert changed(changes) == [(text, level)]


def test_an_instrument_that_is_gone_is_refused(tmp_path: Path) -> None:
    values = yaml.safe_load(SHIPPED.read_text())
    del values["instruments"]["SOL-USD"], values["shards"]["books"][2], values["boundaries"]["sol"]
    changes = field_changes(loads(SHIPPED.read_text()), loads(yaml.safe_dump(values)))
    refused = [change for change in changes if change.effect.level is Level.REFUSED]
    assert {change.field for change in refused} == {"instruments.SOL-USD"}
    assert "mass-cancel" in next(iter(refused)).effect.text


def test_every_field_of_the_models_has_an_effect() -> None:
    for path in leaves():
        assert effect_of(path).text
    for section in ("assets", "instruments", "participants", "boundaries"):
        for sign in (ADDED, REMOVED):
            assert effect_of((section, "X"), sign).text


def test_every_effect_is_of_some_field() -> None:
    """The last pattern that would fit is no excuse: each is the first for something."""
    used = {effect_of(path) for path in leaves()}
    used |= {
        effect_of((section, "X", *rest), sign)
        for section, rest in (
            ("assets", ()),
            ("instruments", ()),
            ("participants", ()),
            ("participants", ("accounts", "y")),
        )
        for sign in (ADDED, REMOVED)
    }
    assert {effect for _, effect in EFFECTS} == used
