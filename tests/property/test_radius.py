"""Of any topology: what fails together is never less than what fails alone, and a boundary has its shards."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.topology.derived import shards
from bulkhead.topology.load import loads
from bulkhead.topology.radius import Effect, Exchange, Radius
from tests.support.exchange import SHIPPED

VALUES = yaml.safe_load(SHIPPED.read_text())


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Any numbers of shards, divided among boundaries in any way, on any log, with any replicas."""
    values: dict[str, Any] = {**VALUES}
    instruments = {
        f"I{number}": VALUES["instruments"]["BTC-USD"] for number in range(draw(st.integers(1, 4)))
    }
    values["instruments"] = instruments
    gateway = draw(st.booleans())
    views = [{"books": ["book/*"], "accounts": ["risk/*"]}, {"books": ["book/0"]}]
    values["shards"] = {
        "risk": {"count": draw(st.integers(1, 4))},
        "settlement": {"count": draw(st.integers(1, 4))},
        "books": [{"instruments": [name]} for name in instruments],
        "views": views[: draw(st.integers(0, 2))],
        "ingress": "gateway" if gateway else "direct",
    }
    values["log"] = {"adapter": draw(st.sampled_from(["sqlite", "pulsar"]))}
    values["snapshots"] = {"adapter": draw(st.sampled_from(["files", "redis"]))}
    values["views"] = {"adapter": "redis"}
    names = shard_names(values)
    places = draw(st.lists(st.integers(0, 3), min_size=len(names), max_size=len(names)))
    values["boundaries"] = {}
    for place in sorted(set(places)):
        contains = [name for name, its in zip(names, places, strict=True) if its == place]
        alone = any(name.startswith(("view", "supervisor")) for name in contains)
        values["boundaries"][f"b{place}"] = {
            "contains": contains,
            "restarts": {"budget": draw(st.integers(0, 20)), "within_s": 60},
            "replicas": "none" if alone else draw(st.sampled_from(["none", "standby", "active"])),
        }
    return Exchange(loads(yaml.safe_dump(values)))


def shard_names(values: dict[str, Any]) -> list[str]:
    kinds = ["control/0", "clock/0", "risk/*", "book/*", "settlement/*", "supervisor"]
    kinds += ["ingress/*"] if values["shards"]["ingress"] == "gateway" else []
    kinds += ["view/*"] if values["shards"]["views"] else []
    one = {"all": {"contains": kinds, "restarts": {"budget": 1, "within_s": 60}}}
    return [shard.name for shard in shards(loads(yaml.safe_dump({**values, "boundaries": one})))]


@settings(max_examples=60)
@given(exchanges(), st.data())
def test_the_radius_of_a_union_is_at_least_the_union_of_the_radii(
    exchange: Exchange, data: st.DataObject
) -> None:
    subsets = st.lists(st.sampled_from(exchange.names), unique=True)
    some, more = data.draw(subsets), data.draw(subsets)
    one, other, both = exchange.radius(*some), exchange.radius(*more), exchange.radius(*some, *more)
    for part in (one, other):
        assert_at_least(both, part)
    for shard, effect in both.shards.items():
        assert effect is max(one.shards[shard], other.shards[shard])
    assert {*both.stopped} == {*one.stopped, *other.stopped}


@settings(max_examples=60)
@given(exchanges())
def test_a_boundary_stops_its_own_shards_and_no_other_and_every_service_has_one_fate(
    exchange: Exchange,
) -> None:
    nothing = exchange.radius()
    assert set(nothing.shards.values()) == {Effect.GOES_ON}
    assert nothing.stopped == ()
    for name, inside in exchange.boundaries.items():
        radius = exchange.radius(name)
        assert {shard for shard, effect in radius.shards.items() if effect is Effect.STOPS} == {*inside}
        assert radius.missed.keys() == {s for s, effect in radius.shards.items() if effect is Effect.DEGRADES}
        assert sorted(map(str, (*radius.stopped, *radius.going_on))) == sorted(map(str, exchange.services))
        assert all({*service.way} & {*inside} for service in radius.stopped)
        assert_at_least(radius, nothing)
    everything = exchange.radius(*exchange.names)
    assert set(everything.shards.values()) == {Effect.STOPS}
    assert everything.going_on == ()


def assert_at_least(more: Radius, less: Radius) -> None:
    assert all(more.shards[shard] >= effect for shard, effect in less.shards.items())
    assert {*more.stopped} >= {*less.stopped}
    assert {*more.going_on} <= {*less.going_on}
