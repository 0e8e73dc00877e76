"""Manifests compared as a plan's objects, and what a changed topology is refused for."""

from typing import Any

import yaml

from bulkhead.topology.load import loads
from bulkhead.topology.plan.effects import Level
from bulkhead.topology.plan.objects import Objects
from bulkhead.topology.plan.steps import plan
from k8s.keeping.attributes import attributes, ref_of
from k8s.keeping.children import KINDS as CHILDREN
from k8s.keeping.told import TOPOLOGY_KEY, told_otherwise
from tests.support.running import SHIPPED, edited_topology


def manifest(spec: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    named = {"name": "dev", "namespace": "here", **metadata}
    return {"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": named, "spec": spec}


def why(live: dict[str, Any], wanted: dict[str, Any]) -> str:
    (step,) = plan({ref_of(wanted): attributes(wanted)}, {ref_of(live): attributes(live)}).steps
    assert (step.action, step.kind, step.name) == ("change", "raycluster", "dev")
    return step.why


def test_every_kind_that_an_exchange_may_have_has_its_place_in_a_plan() -> None:
    for kind in CHILDREN:
        wanted: Objects = {(kind, "dev"): {"a": "b"}}
        assert [step.ref for step in plan(wanted, {}).steps] == list(wanted)


def test_a_plan_names_the_value_that_differs() -> None:
    live = manifest({"groups": [{"groupName": "a", "replicas": 1}]})
    wanted = manifest({"groups": [{"groupName": "b"}, {"groupName": "a", "replicas": 2}]})
    assert why(live, wanted) == "spec.groups[a].replicas: 1 -> 2; spec.groups[b].groupName: none -> b"


def test_an_amount_is_the_same_however_it_is_written() -> None:
    written = manifest({"requests": {"cpu": "1000m", "memory": "1024Mi"}})
    assert attributes(written) == attributes(manifest({"requests": {"cpu": "1", "memory": "1Gi"}}))


def test_what_only_the_server_writes_is_no_difference() -> None:
    live = manifest({"a": 1}, uid="u", resourceVersion="7", managedFields=[{"manager": "bulkhead"}])
    assert attributes(live | {"status": {"state": "ready"}}) == attributes(manifest({"a": 1}))


def test_a_long_text_is_shown_as_its_digest() -> None:
    (value,) = attributes(manifest({"text": "x" * 1_000})).values()
    assert value == "1000 characters, sha256 44f8354494a5"


def test_a_change_that_loses_something_is_refused_beside_the_topology_that_was_applied() -> None:
    applied = {"kind": "ConfigMap", "data": {TOPOLOGY_KEY: SHIPPED.read_text()}}
    assert list(told_otherwise([applied], loads(SHIPPED.read_text()))) == []
    changes = {"shards": {"settlement": {"slots": {0: ["1023"]}}}, "participants": {"carol": None}}
    wanted = loads(edited_topology(changes))
    refused = [str(held) for level, held in told_otherwise([applied], wanted) if level is Level.REFUSED]
    assert [each.partition(":")[0] for each in refused] == ["shards.settlement.slots.0", "participants.carol"]


def test_a_topology_that_somebody_has_broken_by_hand_is_replaced() -> None:
    broken = {"kind": "ConfigMap", "data": {TOPOLOGY_KEY: yaml.safe_dump({"exchange": 7})}}
    assert list(told_otherwise([broken], loads(SHIPPED.read_text()))) == []
