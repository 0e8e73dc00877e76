"""Every kind of mistake in a topology is answered with its place, what is wrong, and what would be right."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from bulkhead.topology.load import load, loads
from bulkhead.topology.problems import Problem, TopologyError

HERE = Path(__file__).parent
SMALL = (HERE / "small.yaml").read_text()


class Case(NamedTuple):
    """A mistake, as mistakes.yaml lists them."""

    name: str
    old: str
    new: str
    at: str
    field: str
    problem: str
    hint: str
    also: str = ""


CASES = [Case(**case) for case in yaml.safe_load((HERE / "mistakes.yaml").read_text())]


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(TopologyError) as caught:
        loads(text, "some.yaml")
    return caught.value.problems


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_mistake_is_answered_with_its_place_and_what_would_be_right(case: Case) -> None:
    assert SMALL.count(case.old) == 1, "the case must change exactly one place"
    text = SMALL.replace(case.old, case.new)
    found = [problem for problem in problems_of(text) if problem.field == case.field]
    assert len(found) == 1
    line = 1 + next(number for number, line in enumerate(text.splitlines()) if case.at in line)
    assert (found[0].file, found[0].line) == ("some.yaml", line)
    assert case.problem in found[0].problem
    assert case.hint in found[0].hint


def test_a_mistake_brings_no_complaints_about_other_fields() -> None:
    for case in CASES:
        others = {
            problem.field
            for problem in problems_of(SMALL.replace(case.old, case.new))
            if problem.field != case.field and problem.problem != "is missing"
        }
        assert others <= {case.also}, case.name


def test_a_topology_with_many_mistakes_is_answered_with_all_of_them_in_the_order_of_the_file() -> None:
    text = (
        SMALL.replace("exchange: test", "exchange: test\ncolour: red")
        .replace("isolation: process", "isolation: zone")
        .replace("quote: USD", "quote: USDT")
        .replace("clock/0, ", "")
    )
    problems = problems_of(text)
    assert [problem.field for problem in problems] == [
        "colour",
        "instruments.BTC-USD.quote",
        "boundaries",
        "boundaries.trading.isolation",
    ]


def test_values_that_cannot_be_read_are_told_before_values_are_compared() -> None:
    with pytest.raises(TopologyError) as caught:
        loads(SMALL.replace("count: 25", "count: many").replace("quote: USD", "quote: USDT"))
    assert not caught.value.complete
    assert [problem.field for problem in caught.value.problems] == ["participants.many.accounts.count"]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
        ("- a\n- b\n", 1, "is not a mapping"),
        ("exchange: test\n\tclock: 1\n", 2, "is not YAML"),
        ("exchange: test\nassets: {USD: \n", 3, "is not YAML"),
        ("exchange: test\nlog: a: b\n", 2, "is not YAML"),
        ("exchange: a\n---\nexchange: b\n", 2, "is not YAML"),
        ("exchange: \x00\n", 1, "is not YAML"),
        ("exchange: *unknown\n", 1, "is not YAML"),
        ("? [a, b]\n: c\n", 1, "has a name that is a list"),
        ("exchange: &a [*a]\n", 1, "contains itself"),
        ("exchange: " + "[" * 5000 + "]" * 5000 + "\n", 1, "is n"),
    ],
)
def test_a_file_that_is_not_a_mapping_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    found = problems_of(text)[0]
    assert problem in found.problem
    assert found.line == line


def test_aliases_of_aliases_cannot_make_a_small_file_unbounded() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "more than" in problems_of("\n".join(lines))[0].problem


def test_a_file_that_is_missing_or_not_text_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="cannot be read: No such file"):
        load(tmp_path / "none.yaml")
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"exchange: test\nx: \xff\xfe\n")
    with pytest.raises(TopologyError, match=r"binary.yaml:2:1: byte 18 is not UTF-8"):
        load(binary)


def test_an_alias_is_told_at_the_place_of_its_anchor() -> None:
    text = SMALL.replace('{USD: "1000000.5", BTC: "10"}', '&b {USD: "1.5", BTH: "10"}').replace(
        "    accounts: {prefix", "    balances: *b\n    accounts: {prefix"
    )
    problems = problems_of(text)
    assert [problem.field for problem in problems] == [
        "participants.alice.balances.BTH",
        "participants.many.balances.BTH",
    ]
    assert problems[0].line == problems[1].line


def test_one_broker_and_one_redis_of_this_machine_join_boundaries_that_claim_to_be_apart() -> None:
    redis = '  adapter: redis\n  url: "redis://127.0.0.1:6380/0"\n  every_events'
    text = (
        SMALL.replace("isolation: process", "isolation: zone")
        .replace("  adapter: sqlite\n  durability: normal", "  adapter: pulsar")
        .replace("  every_events", redis)
    )
    (found,) = [each for each in problems_of(text) if each.field == "boundaries.trading.isolation"]
    assert "joins it to the boundary rest, the one broker, 127.0.0.1:6650, the one redis of snapshots" in (
        found.problem
    )
    elsewhere = text.replace("127.0.0.1:6380", "cache.example:6380").replace(
        "adapter: pulsar", "adapter: pulsar\n  service_url: pulsar://broker.example:6650"
    )
    (found,) = [each for each in problems_of(elsewhere) if each.field == "boundaries.trading.isolation"]
    assert "joins it to the boundary rest" in found.problem
    assert "broker" not in found.problem
    assert "redis" not in found.problem


def test_restarts_that_just_fit_into_their_window_are_taken() -> None:
    restarts = "    isolation: process\n    restarts: {budget: 5, within_s: 60}"
    assert SMALL.count(restarts) == 1
    loads(SMALL.replace(restarts, "    restarts: {budget: 99, within_s: 10}"))
    loads(SMALL.replace(restarts, "    restarts: {budget: 1000, within_s: 3600}"))
