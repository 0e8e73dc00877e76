"""Standbys take over from who dies and who hangs, whatever the supervisor does: stopped, or there twice."""

import os
import signal
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from actors.attach import call
from actors.launches import launches
from bulkhead.installation.founding import identity_of
from bulkhead.supervision.budget import Budget
from tests.support.disturbed import Disturbance, replay_disturbed
from tests.support.running import RunningExchange, shards_by_name, until

pytestmark = pytest.mark.chaos

SHARDS = ("book/0", "risk/0", "risk/1", "settlement/0", "control/0", "clock/0")
BOUNDARIES = ("btc", "accounts-0", "accounts-1", "control", "clock")
MANY = {"budget": 1000, "within_s": 3600}
CHANGES = {"boundaries": {name: {"replicas": "standby", "restarts": MANY} for name in BOUNDARIES}}
OTHER = "another supervisor"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    with RunningExchange(tmp_path_factory.mktemp("failover"), CHANGES) as running:
        yield running


def replicas(shard: str, killed: int = 0) -> Mapping[str, Mapping[str, Any]] | None:
    """The two rows of a shard by role, when both are there and neither is the process that was killed."""
    rows = [row for row in shards_by_name().values() if row["replica_of"] == shard]
    by_role = {row["role"]: row for row in rows if row["state"] == "running"}
    if by_role.keys() != {"primary", "standby"} or killed in [row["pid"] for row in rows]:
        return None
    return by_role


def complete(shard: str, killed: int = 0) -> Mapping[str, Mapping[str, Any]]:
    return until(f"{shard} has a primary and a standby", lambda: replicas(shard, killed))


def kill_primary(shard: str) -> int:
    pid = int(complete(shard)["primary"]["pid"])
    os.kill(pid, signal.SIGKILL)
    return pid


def start_another_supervisor(exchange: RunningExchange) -> Any:
    """Of the same exchange, with the same memory, as after a partition of the network."""
    import ray  # reads its environment when it is imported

    from actors.supervisor import Supervisor

    installation = exchange.installation
    budgets = {
        name: Budget(each.restarts.budget, each.restarts.within_s)
        for name, each in installation.topology.boundaries.items()
    }
    other = ray.remote(Supervisor).options(name=OTHER, num_cpus=0)
    started = launches(installation, identity_of(installation).genesis_id)
    return other.remote(started, budgets, (), str(installation.supervisor_path))


def test_standbys_take_over_from_who_hangs_and_with_no_supervisor_and_with_two(
    exchange: RunningExchange,
) -> None:
    def without_supervisor(disturbance: Disturbance) -> None:
        primaries = {shard: complete(shard)["primary"]["pid"] for shard in SHARDS}
        supervisor = call("supervisor", "status")["pid"]
        os.kill(supervisor, signal.SIGSTOP)
        try:
            for pid in primaries.values():
                os.kill(pid, signal.SIGKILL)
                disturbance.goes_on()
        finally:
            os.kill(supervisor, signal.SIGCONT)
        for shard, pid in primaries.items():
            complete(shard, killed=pid)

    def with_two(disturbance: Disturbance) -> None:
        other = start_another_supervisor(exchange)
        until("the other supervisor sees everything run", lambda: sees_everything_run(OTHER))
        for shard in SHARDS:
            killed = kill_primary(shard)
            disturbance.goes_on()
            complete(shard, killed)
        until("both see the same processes", lambda: pids(OTHER) == pids("supervisor"))
        del other  # Ray ends an actor that nobody holds

    def with_one_that_hangs(disturbance: Disturbance) -> None:
        for shard, role in (("risk/0", "primary"), ("book/0", "primary"), ("book/0", "standby")):
            pid = int(complete(shard)[role]["pid"])
            os.kill(pid, signal.SIGSTOP)
            complete(shard, killed=pid)  # the supervisor ends it; until then it may hold a lock
            disturbance.goes_on()

    def disturb(disturbance: Disturbance) -> None:
        disturbance.reached(500)
        with_one_that_hangs(disturbance)
        without_supervisor(disturbance)
        with_two(disturbance)

    outcome = replay_disturbed(exchange, 4.0, disturb)
    assert outcome.problems == []


def sees_everything_run(supervisor: str) -> bool:
    return {row["state"] for row in call(supervisor, "status")["shards"]} == {"running"}


def pids(supervisor: str) -> dict[str, int]:
    return {row["shard"]: row["pid"] for row in call(supervisor, "status")["shards"]}
