"""Disruption budgets: what a drain of a node may take at once."""

from typing import Any

from bulkhead.topology.models import Topology
from k8s.manifests.groups import Group
from k8s.names import BOUNDARY, labels, selector

Manifest = dict[str, Any]


def disruption_budgets(topology: Topology, groups: list[Group], namespace: str, name: str) -> list[Manifest]:
    """One for each boundary with replicas: not both. One for all others together: a pod at a time, since each
    is missed while it starts elsewhere. The pod that tells the exchange's health is among them, and is not
    ready until every shard trades: so the next one is not taken earlier.
    """
    replicated = {group.label for group in groups if group.boundary.replicas != "none"}
    alone = sorted(group.label for group in groups if group.boundary.replicas == "none")
    budgets = [
        _budget(topology, namespace, name, label, selector(name, **{BOUNDARY: label}), 1)
        for label in sorted(replicated)
    ]
    if len(alone) > 1:
        pods = selector(name) | {"matchExpressions": [{"key": BOUNDARY, "operator": "In", "values": alone}]}
        budgets.append(_budget(topology, namespace, name, "single-pods", pods, len(alone) - 1))
    return budgets


def _budget(
    topology: Topology, namespace: str, name: str, suffix: str, pods: Manifest, least: int
) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": f"{name}-{suffix}",
            "namespace": namespace,
            "labels": labels(topology, name, "exchange"),
        },
        "spec": {
            # One that does not work keeps no node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "minAvailable": least,
            "selector": pods,
        },
    }
