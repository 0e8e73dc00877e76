"""What `kubectl get exchange` and `kubectl describe exchange` tell: the status of the resource. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bulkhead.topology.derived import boundary_of
from bulkhead.topology.models import Topology
from bulkhead.topology.pods import label_of
from k8s.keeping.rollout import HEAD, Group, Pod, Rollout

TROUBLE = ("Invalid", "Degraded")
"""states that somebody should look at"""
OF_BOUNDARY = "boundary "
"""before its name in what an exchange says does not trade"""
MESSAGE = 900
"""Characters of one message: the API server takes 32,768 in a condition and 1,024 in an event."""


class LogSeen(NamedTuple):
    """What became of tenant, namespace and topics."""

    status: str
    """True or Unknown, as a condition has it"""
    reason: str
    message: str


NOT_LOOKED_AT = LogSeen("Unknown", "NotLookedAt", "the log was not looked at")


@dataclass(frozen=True)
class Seen:
    """What one round has found."""

    topology: Topology | None = None
    groups: tuple[Group, ...] = ()
    pods: tuple[Pod, ...] = ()
    rollout: Rollout = field(default_factory=Rollout)
    boundaries: Mapping[str, str] = field(default_factory=dict)
    """group -> the label of the boundary that it holds"""
    missing: Mapping[str, str] | None = None
    """what the exchange says does not trade, and what it does instead; None: it does not tell"""
    failure: str = ""
    """why KubeRay can't make pods"""
    refused: str = ""
    """why nothing was done, and trying again can't help"""
    retrying: str = ""
    """why something was not done, and is tried again"""
    log: LogSeen = NOT_LOOKED_AT
    paused: bool = False


def status(seen: Seen, generation: int, before: Mapping[str, Any], now: str) -> dict[str, Any]:
    """The whole status. `before`: as it is; a condition that stays keeps the time since when it holds."""
    boundaries = dict(_boundaries(seen))
    ready, progressing, degraded = _ready(seen, boundaries), _progressing(seen), _degraded(seen, boundaries)
    log = {"type": "LogAdministered", **seen.log._asdict()}
    was_up = before.get("observedGeneration") == generation and before.get("state") in ("Ready", "Degraded")
    state, message = _in_one_word(seen, ready, progressing, degraded, was_up)
    total = sum(each.shards for each in boundaries.values())
    up = sum(each.shards for each in boundaries.values() if each.state != "down")
    shards = {
        shard: what for shard, what in (seen.missing or {}).items() if not shard.startswith(OF_BOUNDARY)
    }
    if seen.missing is not None:
        up = total - len(shards)
    down = [name for name, each in boundaries.items() if was_up and each.state == "down"]
    down += [each.removeprefix(OF_BOUNDARY) for each in seen.missing or {} if each not in shards]
    return {
        "observedGeneration": generation,
        "state": state,
        "message": message,
        "shards": {"ready": f"{up}/{total}" if total else "", "not_ready": shards},
        "halted": ", ".join(dict.fromkeys(down)),
        "boundaries": {name: {"state": each.state, "pods": each.pods} for name, each in boundaries.items()},
        "conditions": [
            _since(condition, before.get("conditions", ()), now, generation)
            for condition in (ready, progressing, degraded, log)
        ],
    }


class Boundary(NamedTuple):
    state: str
    """ready, degraded: some of its pods are missing, or down: all are"""
    pods: str
    """such as 1/2"""
    shards: int


def _boundaries(seen: Seen) -> Iterator[tuple[str, Boundary]]:
    """Each with how many of its pods are there. Where the resource can't be read, what runs has names all the
    same.
    """
    named = sorted(set(seen.boundaries.values())) if seen.topology is None else seen.topology.boundaries
    count = dict.fromkeys(named, 0)
    for boundary in () if seen.topology is None else boundary_of(seen.topology).values():
        count[boundary] += 1
    for name, shards in count.items():
        label = label_of(name)
        ready = sum(pod.ready and not pod.leaving and pod.boundary == label for pod in seen.pods)
        wanted = sum(group.replicas for group in seen.groups if seen.boundaries.get(group.name) == label)
        state = "down" if not ready else "ready" if ready >= wanted else "degraded"
        yield name, Boundary(state, f"{ready}/{wanted}", shards)


def _ready(seen: Seen, boundaries: Mapping[str, Boundary]) -> dict[str, str]:
    down = [name for name, each in boundaries.items() if each.state == "down"]
    head = any(pod.group == HEAD and pod.ready and not pod.leaving for pod in seen.pods)
    if boundaries and head and not down:
        return _trading(seen)
    if not seen.pods:
        text = f"it has no pods yet{_trouble(seen, set())}"
        return _condition("Ready", False, "NoPods", text)
    if not head:
        text = f"the head's pod is not ready{_trouble(seen, {HEAD})}"
        return _condition("Ready", False, "HeadIsDown", text)
    groups = {group for group, label in seen.boundaries.items() if label in map(label_of, down)}
    text = f"no pod of {_few(down)} is ready{_trouble(seen, groups)}"
    return _condition("Ready", False, "BoundaryIsDown", text)


def _trading(seen: Seen) -> dict[str, str]:
    """Of an exchange all of whose boundaries have pods."""
    if seen.missing is None:
        return _condition("Ready", True, "EveryBoundaryIsUp", "every boundary has a pod that is ready")
    if not seen.missing:
        return _condition("Ready", True, "EveryShardTrades", "every shard trades")
    text = _few([f"{shard}: {what}" for shard, what in seen.missing.items()])
    return _condition("Ready", False, "ShardsDoNotTrade", text)


def _progressing(seen: Seen) -> dict[str, str]:
    if seen.paused:
        return _condition("Progressing", False, "Paused", "spec.paused is true: nothing is changed")
    if seen.refused:
        return _condition("Progressing", False, "Refused", "nothing is done before the resource is changed")
    if seen.retrying:
        return _condition("Progressing", True, "Retrying", seen.retrying)
    if seen.rollout.stale:
        text = f"{seen.rollout.stale} pods run what was wanted before"
        waiting = f"; waiting: {seen.rollout.waiting}" if seen.rollout.waiting else ""
        return _condition("Progressing", True, "RollingOut", text + waiting)
    there = [pod for pod in seen.pods if pod.ready and not pod.leaving]
    wanted = sum(group.replicas for group in seen.groups)
    if len(there) < wanted:
        text = f"{len(there)} of {wanted} pods are ready"
        return _condition("Progressing", True, "PodsAreStarting", text)
    return _condition("Progressing", False, "Done", "everything is as the resource says")


def _degraded(seen: Seen, boundaries: Mapping[str, Boundary]) -> dict[str, str]:
    if seen.refused:
        return _condition("Degraded", True, "Refused", seen.refused)
    short = [f"{name} ({each.pods})" for name, each in boundaries.items() if each.state != "ready"]
    if short:
        groups = {pod.group for pod in seen.pods if not pod.ready}
        text = f"pods are missing of {_few(short)}{_trouble(seen, groups)}"
        return _condition("Degraded", True, "PodsAreMissing", text)
    return _condition("Degraded", False, "AsExpected", "nothing is missing")


def _trouble(seen: Seen, groups: set[str]) -> str:
    """The first reason that Kubernetes gives for a pod that is not ready, or for there being none."""
    found = (
        f": {pod.name}: {pod.trouble}"
        for pod in seen.pods
        if pod.group in groups and pod.trouble and not pod.ready
    )
    return next(found, f": {seen.failure}" if seen.failure else "")


def _in_one_word(
    seen: Seen,
    ready: Mapping[str, str],
    progressing: Mapping[str, str],
    degraded: Mapping[str, str],
    was_up: bool,
) -> tuple[str, str]:
    """What `kubectl get` shows, and the sentence with it."""
    if seen.refused:
        return "Invalid", degraded["message"]
    if seen.paused:
        return "Paused", progressing["message"]
    if ready["status"] == "False":
        return ("Degraded" if was_up else "Progressing"), ready["message"]
    if progressing["reason"] in ("RollingOut", "Retrying"):
        return "Progressing", progressing["message"]
    if degraded["status"] == "True":
        return "Degraded", degraded["message"]
    return "Ready", ready["message"]


def _condition(kind: str, holds: bool, reason: str, message: str) -> dict[str, str]:
    text = message if len(message) <= MESSAGE else message[: MESSAGE - 1] + "…"
    return {"type": kind, "status": "True" if holds else "False", "reason": reason, "message": text}


def _since(
    condition: dict[str, str], before: Iterable[Mapping[str, Any]], now: str, generation: int
) -> dict[str, Any]:
    earlier = next((each for each in before if each["type"] == condition["type"]), {})
    same = earlier.get("status") == condition["status"]
    return condition | {
        "lastTransitionTime": earlier["lastTransitionTime"] if same else now,
        "observedGeneration": generation,
    }


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
