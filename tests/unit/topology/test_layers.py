"""A topology over another one: merged as RFC 7396 says, with problems told where they were written."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.topology.layers import LAYERS_MAX, merged, text_of
from bulkhead.topology.load import load, loads
from bulkhead.topology.plan.fields import field_changes
from bulkhead.topology.problems import TopologyError

SMALL = Path(__file__).parent / "small.yaml"
OVERLAY = """\
extends: ../base/topology.yaml
exchange: production
clock: {tick_ms: 200}
participants:
  many: null
  alice:
    keys: {alice: [trade]}
shards:
  risk: {count: 1}
"""


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "topology.yaml").write_text(SMALL.read_text())
    (tmp_path / "production").mkdir()
    file = tmp_path / "production" / "topology.yaml"
    file.write_text(OVERLAY)
    return file


def test_an_overlay_says_only_what_is_different(overlay: Path) -> None:
    changes = field_changes(load(SMALL), load(overlay))
    assert [str(change) for change in changes if not change.field.startswith("boundaries")] == [
        "exchange: test -> production",
        "clock.tick_ms: 100 -> 200",
        "shards.risk.count: 2 -> 1",
        "participants.alice.keys.alice: trade, cancel, withdraw -> trade",
        "participants.many: removed",
    ]


def test_a_problem_is_told_in_the_file_and_line_where_it_was_written(overlay: Path) -> None:
    base = overlay.parent / ".." / "base" / "topology.yaml"
    overlay.write_text(OVERLAY.replace("tick_ms: 200", "tick_ms: 1"))
    base.write_text(SMALL.read_text().replace("quote: USD", "quote: EUR"))
    with pytest.raises(TopologyError) as error:
        load(overlay)
    assert [str(problem) for problem in error.value.problems] == [
        f"{overlay}:3:18: clock.tick_ms: 1 is too small; at least 10"
    ]
    overlay.write_text(OVERLAY)
    with pytest.raises(TopologyError) as error:
        load(overlay)
    (problem,) = error.value.problems
    assert str(problem) == f"{base}:9:12: instruments.BTC-USD.quote: there is no asset EUR; there is USD, BTC"


@pytest.mark.parametrize(
    ("extends", "problem"),
    [
        ("topology.yaml", f"extends: makes more than {LAYERS_MAX} layers; is it a circle?"),
        ("nowhere.yaml", "nowhere.yaml:1:1: cannot be read: No such file or directory"),
        ("[a, b]", "extends: is no file's name; write the base's, relative to this file"),
        ('""', "extends: is no file's name; write the base's, relative to this file"),
    ],
)
def test_a_base_that_can_t_be_read_is_said(overlay: Path, extends: str, problem: str) -> None:
    overlay.write_text(OVERLAY.replace("../base/topology.yaml", extends))
    with pytest.raises(TopologyError) as error:
        load(overlay)
    assert problem in str(error.value)


def test_a_copy_of_an_overlay_stands_alone(overlay: Path) -> None:
    assert loads(text_of(overlay)) == load(overlay)
    assert text_of(SMALL) == SMALL.read_text()


# The table of RFC 7396, appendix A, as far as both sides are objects.
RFC: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("base", "patch", "result"), RFC)
def test_it_merges_as_the_rfc_s_table_does(
    base: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]
) -> None:
    assert merged(base, patch) == result


VALUES = st.recursive(
    st.integers() | st.lists(st.integers()), lambda inner: st.dictionaries(st.sampled_from("abc"), inner)
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES)


@given(OBJECTS, OBJECTS)
def test_what_was_merged_once_is_not_changed_by_merging_it_again(
    base: dict[str, Any], patch: dict[str, Any]
) -> None:
    once = merged(base, patch)
    assert merged(once, patch) == once
    assert merged(base, {}) == base
