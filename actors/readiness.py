"""When an exchange that was started counts as ready, or as failed: from what its supervisor tells."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from actors.orders import LAG_MAX

READY_TIMEOUT_S = 180.0
NODES_TIMEOUT_S = 60.0
"""So long nodes that are not there are waited for: the rest trades without what is placed on them alone."""
OVER = {"halted", "down", "superseded"}
"""States in which a shard stays until somebody acts."""


class Readiness(NamedTuple):
    state: str
    """starting, ready or failed"""
    problem: str
    """why it failed; of one that is ready: what it goes on without, and why"""
    shards: dict[str, str]


def readiness(status: Mapping[str, Any], waited_s: float) -> Readiness:
    """Ready: every shard runs and has applied what was in its partition when it started, or halts its
    boundary, or waits for a node for too long; the others trade without it.
    """
    shards = {shard["shard"]: _of_shard(shard) for shard in status["shards"]}
    kinds = set(shards.values())
    without = [boundary["halted"] for boundary in status["boundaries"].values() if boundary["halted"]]
    missed = {"halted", "superseded"}
    if waited_s > NODES_TIMEOUT_S:
        missed.add("waiting")
        kinds.discard("waiting")
    for shard in status["shards"]:
        if shard["state"] in missed and shard["last_error"] not in "; ".join(without):
            without.append(shard["last_error"])
    problem = "; ".join(without)
    if problem and kinds <= OVER:
        return Readiness("failed", problem, shards)
    if kinds <= {"ready"} | OVER and (problem or kinds == {"ready"}):
        return Readiness("ready", problem, shards)
    if waited_s > READY_TIMEOUT_S:
        return Readiness("failed", f"not ready in {READY_TIMEOUT_S:g} s: {shards}", shards)
    return Readiness("starting", problem, shards)


def _of_shard(shard: Mapping[str, Any]) -> str:
    if shard["state"] != "running":
        return str(shard["state"])
    return "ready" if has_caught_up(shard) else "catching up"


def has_caught_up(process: Mapping[str, Any]) -> bool:
    """Whether one that runs has applied what was in its partition when it started."""
    return bool(process["lag"] <= LAG_MAX and process["events"] > 0)
