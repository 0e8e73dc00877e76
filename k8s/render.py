"""The manifests that follow from a topology."""

import re
from typing import Any

from bulkhead.topology.models import Topology
from bulkhead.topology.problems import Problem, TopologyError
from k8s.crd import NAME_MAX
from k8s.manifests.cluster import ray_cluster
from k8s.manifests.disruption import disruption_budgets
from k8s.manifests.fit import ON_KUBERNETES, fit
from k8s.manifests.groups import Group, groups
from k8s.manifests.monitors import monitoring
from k8s.manifests.mounted import as_read_in_pods, topology_text
from k8s.manifests.network import network_policies
from k8s.names import BOUNDARY, STATUS_PORT, labels, selector

Manifest = dict[str, Any]

CONFIG_BYTES_MAX = 1_000_000
"""A ConfigMap may have 1 MiB in all."""
NAME = re.compile(rf"[a-z]([-a-z0-9]{{0,{NAME_MAX - 2}}}[a-z0-9])?")
STATE_SIZE = "1Gi"
"""For the genesis, a few MB with thousands of participants, and what operators have decided."""


def render(
    topology: Topology, *, namespace: str, name: str, image: str, monitors: bool = False
) -> list[Manifest]:
    """Everything that an exchange is on Kubernetes, as plain manifests in one order. `monitors`: also what
    has Prometheus look at it, where prometheus-operator is.

    Pure: the same topology gives the same manifests. Secrets are named, never made. TopologyError: what of it
    can't be on Kubernetes.
    """
    fit(topology)
    found = groups(topology)
    text = topology_text(as_read_in_pods(topology))
    _refuse(name, text)
    common = {"namespace": namespace, "labels": labels(topology, name, "exchange")}
    manifests = [
        _service_account(name, common),
        _config(name, common, text),
        _state(name, common),
        _service(name, common, next(group for group in found if group.holds)),
        *network_policies(topology, found, namespace, name),
        *(monitoring(topology, namespace, name) if monitors else ()),
        *disruption_budgets(topology, found, namespace, name),
        ray_cluster(topology, found, namespace, name, image),
    ]
    return sorted(
        manifests, key=lambda manifest: (KINDS.index(manifest["kind"]), manifest["metadata"]["name"])
    )


KINDS = (
    "ServiceAccount",
    "ConfigMap",
    "PersistentVolumeClaim",
    "Service",
    "NetworkPolicy",
    "PodDisruptionBudget",
    "PodMonitor",
    "RayCluster",
)
"""in the order in which they are made: pods come last, and find everything there"""


def _refuse(name: str, text: str) -> None:
    """What a cluster would refuse only when half of it is made."""
    problem = None
    if not NAME.fullmatch(name):
        hint = f"1 to {NAME_MAX} lower case letters, digits and dashes, the first one a letter"
        problem = Problem(ON_KUBERNETES, 0, 0, "", f"{name} can't begin the names of pods", hint)
    elif (size := len(text.encode())) > CONFIG_BYTES_MAX:
        hint = (
            f"at most {CONFIG_BYTES_MAX:,} can be handed to pods: fewer participants, or ranges of accounts"
        )
        problem = Problem(ON_KUBERNETES, 0, 0, "", f"the topology has {size:,} bytes", hint)
    if problem is not None:
        raise TopologyError([problem])


def _service_account(name: str, common: Manifest) -> Manifest:
    """Of all pods: with no rights, and no token that could prove it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": name, **common},
        "automountServiceAccountToken": False,
    }


def _config(name: str, common: Manifest, text: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{name}-topology", **common},
        "data": {"topology.yaml": text},
    }


def _state(name: str, common: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": f"{name}-state", **common},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": STATE_SIZE}}},
    }


def _service(name: str, common: Manifest, holder: Group) -> Manifest:
    """Where the exchange tells its health; it is asked most when it is not ready."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{name}-status", **common},
        "spec": {
            "ports": [{"name": "status", "port": STATUS_PORT, "protocol": "TCP", "targetPort": "status"}],
            "publishNotReadyAddresses": True,
            "selector": selector(name)["matchLabels"] | {BOUNDARY: holder.label},
        },
    }
