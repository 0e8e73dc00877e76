"""What a failure stopped is compared with what was declared: a difference of either kind is named."""

from dataclasses import replace

import pytest

from bulkhead.topology.load import load
from bulkhead.topology.radius import AWAY, Effect, Exchange, Radius, own_process
from chaos.verdict import Observed, compared, differences
from tests.support.exchange import SHIPPED

EXCHANGE = Exchange(load(SHIPPED))
ETH = EXCHANGE.radius("eth")
BACK_MS = 1_000.0
ALONE = f"{own_process('book/1')}{AWAY}none takes over from the other one"


def as_declared() -> Observed:
    shards = {shard: BACK_MS if effect is Effect.STOPS else 50.0 for shard, effect in ETH.shards.items()}
    services = dict.fromkeys((service.name for service in ETH.going_on), 20.0)
    services |= dict.fromkeys((service.name for service in ETH.stopped), 1_020.0)
    return Observed(BACK_MS, shards, services)


def test_what_was_declared_brings_no_difference() -> None:
    found = compared(ETH, as_declared())
    assert found["differences"] == []
    assert found["declared"]["stops"] == ["book/1", *(service.name for service in ETH.stopped)]
    assert sorted(found["observed"]["stops"]) == sorted(found["declared"]["stops"])
    assert found["observed"]["degrades"] == found["declared"]["degrades"] != []
    assert found["unavailable_ms"]["book/1"] == BACK_MS
    assert found["unavailable_ms"]["orders risk/0 book/1"] == 1_020.0
    assert found["unavailable_ms"]["book/0"] == 0.0


@pytest.mark.parametrize(
    ("shard", "ms", "expected"),
    [
        ("book/0", 1_400.0, "book/0 was declared to go on, and stood still for 1,400 ms"),
        ("risk/1", None, "risk/1 was declared to degrade, and was not seen to work again"),
        ("book/1", 30.0, "book/1 was declared to stop, and worked after 30 ms"),
    ],
)
def test_a_shard_that_fares_otherwise_is_named(shard: str, ms: float | None, expected: str) -> None:
    good = as_declared()
    said = differences(ETH, replace(good, shards={**good.shards, shard: ms}))
    assert said == [f"{expected}; what failed was back after 1,000 ms"]


def test_who_lacks_what_did_not_stand_still_has_not_degraded() -> None:
    good = as_declared()
    busy = compared(ETH, replace(good, shards={**good.shards, "book/1": 30.0}))
    assert busy["observed"]["degrades"] == []
    away = compared(ETH, replace(good, shards={**good.shards, "risk/1": None}))
    assert away["observed"]["degrades"] == [each for each in ETH.missed if each != "risk/1"]


def test_who_goes_on_while_its_other_process_is_away_has_degraded() -> None:
    alone = Radius(("node west-1",), {"book/1": Effect.DEGRADES}, {"book/1": (ALONE,)}, (), ())
    found = Observed(BACK_MS, {"book/1": 50.0}, {}, processes={"book/1": None, "book/1.b": 50.0})
    assert compared(alone, found)["observed"]["degrades"] == ["book/1"]
    there = replace(found, processes={"book/1": 80.0, "book/1.b": 50.0})
    assert compared(alone, there)["observed"]["degrades"] == []


def test_a_way_that_fares_otherwise_is_named() -> None:
    good = as_declared()
    services = {**good.services, "orders risk/0 book/0": None, "orders risk/0 book/1": 10.0}
    one, other = differences(ETH, replace(good, services=services))
    assert one.startswith("orders risk/0 book/0 was declared to go on, and was not seen to work again")
    assert other.startswith("orders risk/0 book/1 was declared to stop, and worked after 10 ms")


def test_what_nothing_can_be_said_of_is_no_difference_and_is_told() -> None:
    good = as_declared()
    silent = replace(good, shards={**good.shards, "book/2": None}, unobserved={"book/2": "nobody trades"})
    found = compared(ETH, silent)
    assert found["differences"] == []
    assert found["observed"]["unobserved"] == {"book/2": "nobody trades"}
    assert "book/2" not in found["observed"]["stops"]
    assert "book/2" not in found["unavailable_ms"]
