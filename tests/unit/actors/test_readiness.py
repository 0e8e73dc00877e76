"""An exchange is ready when every shard is, or when nobody but an operator can change what is missing."""

from typing import Any

from actors.readiness import NODES_TIMEOUT_S, READY_TIMEOUT_S, readiness

WHY = "waits for the node east-1: `bulkhead node join east-1`, typed there"


def status(*states: str, halted: str = "") -> dict[str, Any]:
    shards = [
        {"shard": f"book/{number}", "state": state, "lag": 0, "events": 1, "last_error": WHY}
        for number, state in enumerate(states)
    ]
    return {"shards": shards, "boundaries": {"btc": {"halted": halted or None}}}


def test_it_is_ready_when_all_of_it_runs() -> None:
    assert readiness(status("running", "running"), 0.0) == (
        "ready",
        "",
        {"book/0": "ready", "book/1": "ready"},
    )
    assert readiness(status("running", "starting"), 0.0).state == "starting"


def test_a_node_that_is_not_there_is_waited_for_and_then_gone_without() -> None:
    early = readiness(status("running", "waiting"), NODES_TIMEOUT_S)
    assert (early.state, early.problem) == ("starting", "")
    late = readiness(status("running", "waiting", "waiting"), NODES_TIMEOUT_S + 1)
    assert (late.state, late.problem) == ("ready", WHY)
    assert readiness(status("starting", "waiting"), NODES_TIMEOUT_S + 1).state == "starting"


def test_it_has_failed_when_nothing_of_it_runs_or_it_takes_too_long() -> None:
    assert readiness(status("waiting"), NODES_TIMEOUT_S + 1).state == "failed"
    assert readiness(status("down", halted="spent"), 0.0).state == "failed"
    assert "not ready in 180 s" in readiness(status("running", "starting"), READY_TIMEOUT_S + 1).problem


def test_a_boundary_that_is_halted_does_not_keep_the_others_from_being_ready() -> None:
    found = readiness(status("running", "down", halted="book/1 died"), 0.0)
    assert (found.state, found.problem) == ("ready", "book/1 died")
