"""The RayCluster: Ray's head, and a worker group for each boundary, or for each of its replicas."""

from importlib.metadata import version
from typing import Any

from bulkhead.topology.models import Topology
from k8s.manifests.groups import Group
from k8s.manifests.pods import group_pod, head_pod
from k8s.manifests.ports import GCS, start_parameters
from k8s.names import RAY_NODE, labels

Manifest = dict[str, Any]

OBJECT_STORE_BYTES = 100_000_000
"""No frame goes through Ray's object store: as small as it will take."""

CLEANUP_S = 180
"""So long KubeRay keeps a RayCluster that is deleted, for a job to clean its Redis up; 300 unless it is said.
In a namespace that is deleted no job can start any more."""


def ray_redis(name: str) -> str:
    """The Service, and the Secret with its password, of the Redis that Ray's control process keeps its state
    in: another than that of snapshots and views, since what needs one must not stop with the other.
    """
    return f"{name}-ray-redis"


def ray_cluster(topology: Topology, groups: list[Group], namespace: str, name: str, image: str) -> Manifest:
    """KubeRay makes pods of it, makes the token that they authenticate with, and starts them again."""
    password = {"secretKeyRef": {"name": ray_redis(name), "key": "password"}}
    return {
        "apiVersion": "ray.io/v1",
        "kind": "RayCluster",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels(topology, name, "exchange"),
            "annotations": {"ray.io/gcs-ft-deletion-timeout": str(CLEANUP_S)},
        },
        "spec": {
            "authOptions": {"mode": "token"},
            "gcsFaultToleranceOptions": {
                "redisAddress": f"redis://{ray_redis(name)}:6379",
                "redisPassword": {"valueFrom": password},
            },
            "headGroupSpec": {
                "rayStartParams": _parameters() | {"port": str(GCS), "include-dashboard": "true"},
                "serviceType": "ClusterIP",
                "template": head_pod(topology, name, image),
            },
            "rayVersion": version("ray"),
            "workerGroupSpecs": [_worker_group(topology, group, name, image) for group in groups],
        },
    }


def _worker_group(topology: Topology, group: Group, name: str, image: str) -> Manifest:
    return {
        "groupName": group.name,
        "labels": {RAY_NODE: group.name},
        "maxReplicas": 1,
        "minReplicas": 1,
        "numOfHosts": 1,
        "rayStartParams": _parameters(),
        "replicas": 1,
        "template": group_pod(topology, group, name, image),
    }


def _parameters() -> dict[str, str]:
    # No cores for tasks: what runs here are actors, which are placed by their boundary.
    return start_parameters() | {"num-cpus": "0", "object-store-memory": str(OBJECT_STORE_BYTES)}
