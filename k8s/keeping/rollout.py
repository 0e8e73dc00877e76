"""Which pods are to be replaced next, so that what they run becomes what the RayCluster says. Pure.

KubeRay makes missing pods and takes surplus ones of a group, and leaves pods alone whose template has changed
or whose group is gone. So the operator asks such pods to leave, one at a time, and KubeRay makes new ones. As
it asks by way of the Eviction API, disruption budgets count here as for the drain of a node.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from k8s.names import BOUNDARY

REVISION = "bulkhead.dev/revision"
"""An annotation of pods: of which template they are."""
CLUSTER_LABEL, GROUP_LABEL = "ray.io/cluster", "ray.io/group"
FOUNDER = "exchange"
"""The container that founds the exchange (manifests/pods.py)."""
HEAD = "headgroup"
"""The head's group, as KubeRay calls it."""


@dataclass(frozen=True)
class Pod:
    name: str
    group: str
    revision: str
    ready: bool
    leaving: bool
    trouble: str = ""
    """why it is not ready, where Kubernetes says"""
    boundary: str = ""
    """the label of the one that it holds; empty: Ray's head"""


@dataclass(frozen=True)
class Group:
    name: str
    replicas: int
    revision: str


@dataclass(frozen=True)
class Rollout:
    evict: tuple[str, ...] = ()
    """pods, none of which anybody waits for"""
    waiting: str = ""
    """what has to happen first; empty: nothing"""
    stale: int = 0
    """pods that are still to be replaced"""


def stamped(raycluster: dict[str, Any], topology: str) -> dict[str, Any]:
    """The manifest with each template's revision among its pods' annotations. `topology`: what the ConfigMap
    has; only the pod that founds the exchange reads it, once, when it starts.
    """
    spec = raycluster["spec"]
    head = spec["headGroupSpec"] | {"template": _stamped(spec["headGroupSpec"]["template"], topology)}
    workers = [
        group | {"template": _stamped(group["template"], topology)}
        for group in spec.get("workerGroupSpecs", ())
    ]
    return raycluster | {"spec": spec | {"headGroupSpec": head, "workerGroupSpecs": workers}}


def _stamped(template: dict[str, Any], topology: str) -> dict[str, Any]:
    reads = any(container["name"] == FOUNDER for container in template["spec"]["containers"])
    of = json.dumps([template, topology if reads else ""], sort_keys=True)
    revision = hashlib.sha256(of.encode()).hexdigest()[:12]
    metadata = template.get("metadata", {})
    annotations = metadata.get("annotations", {}) | {REVISION: revision}
    return template | {"metadata": metadata | {"annotations": annotations}}


def groups_of(raycluster: dict[str, Any]) -> list[Group]:
    """Of a stamped manifest: workers in their order, the head last."""
    spec = raycluster["spec"]
    workers = [
        Group(each["groupName"], each.get("replicas", 1), _revision(each["template"]))
        for each in spec.get("workerGroupSpecs", ())
    ]
    return [*workers, Group(HEAD, 1, _revision(spec["headGroupSpec"]["template"]))]


def boundaries_of(raycluster: dict[str, Any]) -> dict[str, str]:
    """Group -> the label of the boundary that it holds."""
    return {
        group["groupName"]: group["template"]["metadata"]["labels"][BOUNDARY]
        for group in raycluster["spec"].get("workerGroupSpecs", ())
        if BOUNDARY in group["template"].get("metadata", {}).get("labels", {})
    }


def _revision(template_or_pod: dict[str, Any]) -> str:
    return str(template_or_pod["metadata"].get("annotations", {}).get(REVISION, ""))


def pods_of(manifests: Iterable[dict[str, Any]]) -> list[Pod]:
    return [
        Pod(
            name=each["metadata"]["name"],
            group=each["metadata"]["labels"].get(GROUP_LABEL, ""),
            revision=_revision(each),
            ready=_is_ready(each),
            leaving="deletionTimestamp" in each["metadata"],
            trouble=_trouble(each),
            boundary=each["metadata"]["labels"].get(BOUNDARY, ""),
        )
        for each in manifests
    ]


def failure_of(raycluster: dict[str, Any]) -> str:
    """Why KubeRay can't make its pods; empty: it can."""
    for condition in raycluster.get("status", {}).get("conditions", ()):
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            return str(condition.get("message", condition["reason"]))
    return ""


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _trouble(pod: dict[str, Any]) -> str:
    status = pod.get("status", {})
    for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        waiting = container.get("state", {}).get("waiting", {})
        if waiting.get("reason"):
            message = f": {waiting['message']}" if waiting.get("message") else ""
            return f"{container['name']}: {waiting['reason']}{message}"
    for condition in status.get("conditions", ()):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return str(condition.get("message") or condition.get("reason", ""))
    return ""


def next_pods(groups: list[Group], pods: list[Pod]) -> Rollout:
    """One that is ready leaves only when all others are there; what is not ready is no loss."""
    wanted = {group.name: group for group in groups}
    order = {group.name: number for number, group in enumerate(groups)}
    stale = [pod for pod in pods if pod.group not in wanted or pod.revision != wanted[pod.group].revision]
    if not stale:
        return Rollout()
    useless = tuple(pod.name for pod in stale if not pod.ready and not pod.leaving)
    if useless:
        return Rollout(useless, stale=len(stale))
    missing = _missing(groups, pods)
    if missing:
        return Rollout(waiting=missing, stale=len(stale))
    first = min(stale, key=lambda pod: (order.get(pod.group, len(order)), pod.name))
    return Rollout((first.name,), stale=len(stale))


def _missing(groups: list[Group], pods: list[Pod]) -> str:
    """The first thing that is not as it should be; a pod that is about to go is gone."""
    for pod in pods:
        if pod.leaving:
            return f"pod {pod.name} is leaving"
    for group in groups:
        inside = [pod for pod in pods if pod.group == group.name]
        for pod in inside:
            if not pod.ready:
                return f"pod {pod.name} is not ready" + (f" ({pod.trouble})" if pod.trouble else "")
        if len(inside) < group.replicas:
            return f"group {group.name} has {len(inside)} of {group.replicas} pods"
    return ""
