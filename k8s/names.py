"""What things are called on Kubernetes: labels, Secrets, ports, paths in the pods."""

from pathlib import PurePosixPath
from typing import Literal

from bulkhead.topology.models import Topology
from bulkhead.topology.pods import BOUNDARY as BOUNDARY

Component = Literal["ray", "boundary", "exchange"]
"""Ray's head; what has a boundary's shards; all of it together"""

REPLICA = "bulkhead.dev/replica"
"""and with the replica, a or b, that it has of each"""
RAY_NODE = "bulkhead-node"
"""the label of a Ray node by which actors are put there (actors/placement.py): its worker group's name"""
EXCHANGE = "bulkhead.dev/exchange"
COMPONENT = "app.kubernetes.io/component"
INSTANCE = "app.kubernetes.io/instance"
ZONE = "topology.kubernetes.io/zone"
NODE = "kubernetes.io/hostname"

ROOT = PurePosixPath("/exchange")
"""where the topology's file is in every pod, and so what its paths are relative to"""
TOPOLOGY_FILE = ROOT / "topology.yaml"
STATUS, METRICS_PORT = "status", "metrics"
"""names of ports: the exchange's, and Ray's own, which KubeRay gives every pod that does not say another"""
STATUS_PORT = 8081
"""where the exchange tells its health"""


def labels(topology: Topology, name: str, component: Component) -> dict[str, str]:
    """Of everything that is rendered."""
    return {
        COMPONENT: component,
        INSTANCE: name,
        "app.kubernetes.io/managed-by": "bulkhead",
        "app.kubernetes.io/name": "bulkhead",
        EXCHANGE: topology.exchange,
    }


def selector(name: str, **more: str) -> dict[str, dict[str, str]]:
    """Of an exchange's pods."""
    return {"matchLabels": {INSTANCE: name, "app.kubernetes.io/name": "bulkhead"} | more}


def state_path(topology: Topology) -> PurePosixPath:
    """The exchange's state directory in a pod (bulkhead/topology/derived.py has it so beside any file)."""
    return ROOT / ".bulkhead" / topology.exchange
