"""Restart budgets: pure decisions about deaths at given times."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.supervision.budget import Budget, Budgets, Decision

RESTART, HALT = Decision.RESTART, Decision.HALT


def two() -> Budgets:
    return Budgets({"btc": Budget(2, 60), "eth": Budget(1, 10)})


def test_a_shard_is_restarted_as_often_as_its_boundary_may_and_then_no_more() -> None:
    budgets = two()
    assert [budgets.died("btc", "book/0", at) for at in (0.0, 1.0, 2.0, 500.0)] == [
        RESTART,
        RESTART,
        HALT,
        HALT,
    ]
    why = budgets.halted("btc")
    assert why is not None
    assert "book/0" in why
    assert "2 restarts within 60 s" in why


def test_the_shards_of_a_boundary_share_its_budget() -> None:
    budgets = two()
    assert [budgets.died("btc", shard, 0.0) for shard in ("risk/0", "settlement/0", "risk/0")] == [
        RESTART,
        RESTART,
        HALT,
    ]


def test_boundaries_do_not_share_one() -> None:
    budgets = two()
    for at in range(3):
        budgets.died("btc", "book/0", float(at))
    assert budgets.halted("eth") is None
    assert budgets.died("eth", "book/1", 3.0) is RESTART


def test_a_restart_counts_for_as_long_as_the_window_and_not_a_moment_longer() -> None:
    budgets = two()
    assert budgets.died("eth", "book/1", 100.0) is RESTART
    assert budgets.spent("eth", 109.9) == 1
    assert budgets.spent("eth", 110.0) == 0
    assert budgets.died("eth", "book/1", 110.0) is RESTART
    assert budgets.died("eth", "book/1", 119.9) is HALT


def test_a_fatal_shard_halts_its_boundary_without_a_restart_and_the_first_reason_stays() -> None:
    budgets = two()
    assert budgets.gave_up("btc", "book/0", "a gap") is HALT
    assert budgets.gave_up("btc", "book/0", "another") is HALT
    assert budgets.halted("btc") == "book/0 is FATAL: a gap"
    assert budgets.spent("btc", 0.0) == 0
    assert budgets.died("btc", "book/0", 1.0) is HALT


def test_a_boundary_goes_on_once_the_shard_that_was_fatal_runs_again() -> None:
    budgets = two()
    budgets.gave_up("btc", "book/0", "a gap")
    assert not budgets.recovered("btc", "book/1")
    assert not budgets.recovered("eth", "book/0")
    assert budgets.recovered("btc", "book/0")
    assert budgets.halted("btc") is None
    assert budgets.died("btc", "book/0", 1.0) is RESTART


def test_a_boundary_without_budget_does_not_go_on_by_itself() -> None:
    budgets = two()
    while budgets.died("btc", "book/0", 0.0) is RESTART:
        pass
    assert not budgets.recovered("btc", "book/0")
    assert budgets.halted("btc") is not None


@given(
    deaths=st.lists(st.tuples(st.sampled_from(("btc", "eth")), st.integers(0, 200)), max_size=30),
    cut=st.integers(0, 30),
)
def test_budgets_that_were_written_down_and_loaded_decide_as_those_that_were_not(
    deaths: list[tuple[str, int]], cut: int
) -> None:
    deaths = sorted(deaths, key=lambda death: death[1])
    lasting, renewed = two(), two()
    for boundary, at in deaths[:cut]:
        lasting.died(boundary, "some/0", float(at))
        renewed.died(boundary, "some/0", float(at))
    loaded = two()
    loaded.load(json.loads(json.dumps(renewed.state())))
    for boundary, at in deaths[cut:]:
        assert loaded.died(boundary, "some/0", float(at)) is lasting.died(boundary, "some/0", float(at))
    assert loaded.state() == lasting.state()


def test_what_was_written_down_of_a_boundary_that_is_gone_is_forgotten() -> None:
    budgets = two()
    for at in range(3):
        budgets.died("btc", "book/0", float(at))
    fewer = Budgets({"eth": Budget(1, 10)})
    fewer.load(json.loads(json.dumps(budgets.state())))
    assert fewer.state() == Budgets({"eth": Budget(1, 10)}).state()
