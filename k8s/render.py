"""The manifests that follow from a topology."""

from typing import Any

from bulkhead.topology.models import Topology


def render(topology: Topology, *, namespace: str, name: str, image: str) -> list[dict[str, Any]]:
    """Everything that an exchange is on Kubernetes, as plain manifests in one order. Pure: the same topology
    gives the same manifests, byte for byte.
    """
    labels = {
        "app.kubernetes.io/name": "bulkhead",
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": "exchange",
        "app.kubernetes.io/managed-by": "bulkhead",
        "bulkhead/exchange": topology.exchange,
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "automountServiceAccountToken": False,
        }
    ]
