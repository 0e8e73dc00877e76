"""What the status of an Exchange tells, by what was seen."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.topology.load import loads
from k8s.keeping.rollout import HEAD, Group, Pod, Rollout
from k8s.keeping.status import LogSeen, Seen, status
from tests.support.running import SHIPPED

NOW, THEN = "2026-11-26T12:00:00Z", "2026-11-26T11:00:00Z"
TOPOLOGY = loads(SHIPPED.read_text())
GROUPS = (*(Group(name, 1, "r") for name in TOPOLOGY.boundaries), Group(HEAD, 1, "r"))


def pod(group: str, boundary: str, ready: bool = True) -> Pod:
    return Pod(group, group, "r", ready, False, boundary="" if boundary == HEAD else boundary)


UP = Seen(
    topology=TOPOLOGY,
    groups=GROUPS,
    pods=tuple(pod(group.name, group.name) for group in GROUPS),
    boundaries={name: name for name in TOPOLOGY.boundaries},
)


def without(seen: Seen, *groups: str, trouble: str = "") -> Seen:
    pods = (replace(pod, ready=False, trouble=trouble) if pod.group in groups else pod for pod in seen.pods)
    return replace(seen, pods=tuple(pods))


def told(seen: Seen, before: dict[str, Any] | None = None) -> dict[str, Any]:
    return status(seen, 7, before or {}, NOW)


WAS_UP = status(UP, 7, {}, THEN)


@pytest.mark.parametrize(
    ("seen", "state", "message"),
    [
        (UP, "Ready", "every boundary has a pod that is ready"),
        (Seen(topology=TOPOLOGY), "Progressing", "it has no pods yet"),
        (replace(UP, refused="shards.risk.count: 2 -> 3"), "Invalid", "shards.risk.count: 2 -> 3"),
        (replace(UP, paused=True), "Paused", "spec.paused is true: nothing is changed"),
        (replace(UP, retrying="busy"), "Progressing", "busy"),
        (
            replace(UP, rollout=Rollout(waiting="pod x is leaving", stale=2)),
            "Progressing",
            "2 pods run what was wanted before; waiting: pod x is leaving",
        ),
        (
            without(UP, "btc", trouble="ray: ImagePullBackOff"),
            "Progressing",
            "no pod of btc is ready: btc: ray: ImagePullBackOff",
        ),
        (without(UP, HEAD), "Progressing", "the head's pod is not ready"),
    ],
)
def test_the_state_is_one_word_and_one_sentence(seen: Seen, state: str, message: str) -> None:
    found = told(seen)
    assert (found["state"], found["message"]) == (state, message)
    assert found["observedGeneration"] == 7


def test_what_was_up_and_is_not_is_degraded_and_names_what_has_stopped() -> None:
    found = told(without(UP, "btc", "eth"), WAS_UP)
    assert (found["state"], found["halted"]) == ("Degraded", "btc, eth")
    assert found["shards"]["ready"] == "9/11"
    assert found["boundaries"]["btc"] == {"state": "down", "pods": "0/1"}
    assert found["boundaries"]["sol"] == {"state": "ready", "pods": "1/1"}


def test_a_boundary_that_has_lost_one_of_two_replicas_trades_and_is_degraded() -> None:
    groups = (*GROUPS[1:], Group("btc-a", 1, "r"), Group("btc-b", 1, "r"))
    pods = (*UP.pods[1:], pod("btc-a", "btc"), pod("btc-b", "btc", ready=False))
    found = told(
        replace(UP, groups=groups, pods=pods, boundaries={**UP.boundaries, "btc-a": "btc", "btc-b": "btc"})
    )
    assert found["boundaries"]["btc"] == {"state": "degraded", "pods": "1/2"}
    assert found["shards"]["ready"] == "11/11"
    assert found["state"] == "Degraded"


def test_what_the_exchange_says_of_its_shards_counts_more_than_its_pods() -> None:
    found = told(replace(UP, missing={"boundary btc": "5 restarts within 60 s", "book/0": "down"}), WAS_UP)
    assert (found["state"], found["halted"]) == ("Degraded", "btc")
    assert found["message"] == "boundary btc: 5 restarts within 60 s, book/0: down"
    assert found["shards"] == {"ready": "10/11", "not_ready": {"book/0": "down"}}
    assert told(replace(UP, missing={}))["message"] == "every shard trades"


def test_a_condition_that_stays_keeps_the_time_since_when_it_holds() -> None:
    found = told(without(UP, "btc"), WAS_UP)
    since = {each["type"]: each["lastTransitionTime"] for each in found["conditions"]}
    assert since == {"Ready": NOW, "Progressing": NOW, "Degraded": NOW, "LogAdministered": THEN}


def test_a_long_message_is_cut() -> None:
    assert len(told(replace(UP, refused="x" * 5_000))["message"]) == 900


def test_the_log_is_a_condition_of_its_own() -> None:
    found = told(replace(UP, log=LogSeen("Unknown", "NotReachedFromHere", "no answer")))
    assert found["state"] == "Ready"
    assert found["conditions"][-1]["reason"] == "NotReachedFromHere"
