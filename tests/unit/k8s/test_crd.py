"""The definition of the custom resource: current, structural, and of the same mind as the validator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.topology.layers import read
from bulkhead.topology.models import Topology
from bulkhead.topology.problems import TopologyError
from k8s import crd
from k8s.schema.rules import RULES
from k8s.schema.structural import topology_schema
from tests.support.kubernetes import exchange
from tests.support.refused_cases import SEEN_BY_RULES, first_problem

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "tests/golden/k8s/replicas/topology.yaml"


def resource(**changes: Any) -> dict[str, Any]:
    return {"spec": {"topology": yaml.safe_load(EXAMPLE.read_text()) | changes}}


def nodes(
    schema: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, (*path, name))
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from nodes(inner, (*path, "*"))


def test_the_file_is_what_the_models_make_of_it() -> None:
    assert (ROOT / "k8s/crd.yaml").read_text() == crd.text(), "python -m k8s.crd > k8s/crd.yaml"


def test_every_field_of_the_models_is_in_it_with_its_description() -> None:
    fields = set(topology_schema()["properties"])
    assert fields == set(Topology.model_fields) - {"extends"}
    silent = [
        path for path, node in nodes(topology_schema()) if path[-1:] != ("*",) and not node.get("description")
    ]
    assert silent == []


def test_it_is_structural_and_bounds_whatever_a_rule_walks_over() -> None:
    for path, node in nodes(topology_schema()):
        anything = "x-kubernetes-preserve-unknown-fields" in node or "x-kubernetes-int-or-string" in node
        assert "type" in node or anything, path
        assert not {"$ref", "oneOf", "allOf", "patternProperties", "default"} & set(node), path
        if "additionalProperties" in node:
            assert "properties" not in node, path
            assert "maxProperties" in node, path
        if node.get("type") == "array":
            assert "maxItems" in node, path


def test_every_rule_stands_at_a_value_that_there_is() -> None:
    there = {path for path, _ in nodes(topology_schema())}
    assert set(RULES) <= there


@pytest.mark.parametrize("case", SEEN_BY_RULES)
def test_the_rules_have_the_words_of_validate(case: str) -> None:
    said = first_problem(exchange("dev", SEEN_BY_RULES[case]))
    words = [rule.otherwise.partition("; ")[0] for rules in RULES.values() for rule in rules]
    assert any(said in each or said.endswith(each) for each in words), said


def test_a_resource_is_read_as_the_file_would_be() -> None:
    assert crd.topology_of(resource()) == Topology.model_validate(read(EXAMPLE).values)


def test_what_is_wrong_with_a_resource_is_said_as_of_a_file_without_lines() -> None:
    with pytest.raises(TopologyError) as refused:
        crd.topology_of(resource(exchange="No", fees={"maker": "0", "taker": "-1"}))
    assert [str(problem) for problem in refused.value.problems] == [
        (
            "spec.topology: exchange: No is not a name; "
            "1 to 32 lower case letters, digits and dashes, no dash at the ends"
        ),
    ]
    with pytest.raises(TopologyError) as refused:
        crd.topology_of(resource(fees={"maker": "0", "taker": "-0.1"}))
    assert "spec.topology: fees.taker: -0.1 is negative; only the maker may get a rebate" in str(
        refused.value
    )
