"""The pods of an exchange: what runs in them, with which rights, files and resources."""

from typing import Any

from bulkhead.topology.models import Topology
from k8s.manifests.groups import Group
from k8s.manifests.mounted import Secret, secrets
from k8s.manifests.placing import placed
from k8s.manifests.ports import GCS
from k8s.names import BOUNDARY, REPLICA, STATUS, STATUS_PORT, TOPOLOGY_FILE, labels, state_path

Manifest = dict[str, Any]

USER = 10_001
"""of the image (Dockerfile); no user of a node has it"""
RAY_MIB, RAY_CPU_MILLI = 768, 500
"""what Ray's own processes in a pod ask for"""
SHARD_MIB, SHARD_CPU_MILLI = 256, 250
"""and each shard's, where its boundary says nothing"""
HEAD = {"cpu": "1", "memory": "2Gi"}
AWAY_S = 30
"""After so long a pod is started elsewhere whose node does not answer; 300 unless it is said."""
PRIORITIES = {True: "bulkhead-trading", False: "bulkhead-looking"}
"""PriorityClasses (k8s/base/priorities.yaml), by whether orders wait for a pod"""

# What Ray reads at its start. The exchange's own processes set the same (actors/environment.py).
RAY_ENVIRONMENT = {
    "HOME": "/tmp",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
}
RAY_HEAD_ENVIRONMENT = {
    # On a node that is busy the dashboard takes longer than the 60 s after which Ray's head would give up.
    "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "300",
    # So a node that was killed counts as dead after 1.3 s instead of 15 (actors/environment.py).
    "RAY_health_check_failure_threshold": "3",
    "RAY_health_check_initial_delay_ms": "0",
    "RAY_health_check_period_ms": "500",
    "RAY_health_check_timeout_ms": "1000",
}


def head_pod(topology: Topology, name: str, image: str) -> Manifest:
    """Ray's own head: its control process and the dashboard. No shard, and none of the exchange's secrets."""
    container = _container("ray", image, RAY_ENVIRONMENT | RAY_HEAD_ENVIRONMENT, HEAD)
    container["volumeMounts"] = [_mount("tmp", "/tmp")]
    return {
        "metadata": {"labels": labels(topology, name, "ray")},
        "spec": _spec(name, PRIORITIES[True], [container], [_empty("tmp")]),
    }


def group_pod(topology: Topology, group: Group, name: str, image: str) -> Manifest:
    """The shards of one boundary, one replica of each."""
    mounted = secrets(topology, name, None if group.holds else group.shards)
    files = _mounts(topology, mounted)
    asked = _asked(group)
    container = _container("ray", image, RAY_ENVIRONMENT, asked)
    container["volumeMounts"] = files
    containers = [container]
    if group.holds:
        containers.append(_exchange_container(image, name, files))
    spec = _spec(name, PRIORITIES[group.trades], containers, _volumes(topology, group, name, mounted))
    if group.holds:
        # The driver and its raylet know each other by process id.
        spec["shareProcessNamespace"] = True
    return {
        "metadata": {
            "labels": labels(topology, name, "boundary") | {BOUNDARY: group.label, REPLICA: group.replica}
        },
        "spec": spec | placed(group, name),
    }


def _asked(group: Group) -> dict[str, str]:
    count, boundary = len(group.shards), group.boundary
    cpu_milli = SHARD_CPU_MILLI if boundary.cpus is None else 1000 * boundary.cpus
    return {
        "cpu": f"{RAY_CPU_MILLI + cpu_milli * count}m",
        "memory": f"{RAY_MIB + (boundary.memory_mib or SHARD_MIB) * count}Mi",
    }


def _container(container: str, image: str, environment: dict[str, str], asked: dict[str, str]) -> Manifest:
    """No limit of cores: one that has used up its share would stand still for the rest of a period of 100 ms,
    with orders in hand. Memory is what it asks for and no more, so that no other pod suffers.
    """
    return {
        "name": container,
        "image": image,
        "env": [{"name": variable, "value": value} for variable, value in sorted(environment.items())],
        "resources": {"requests": asked, "limits": {"memory": asked["memory"]}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
        },
    }


def _exchange_container(image: str, name: str, mounts: list[Manifest]) -> Manifest:
    """Founds the exchange, has the supervisor started, tells its health. Trading goes on without it."""
    container = _container("exchange", image, RAY_ENVIRONMENT, {"cpu": "250m", "memory": "512Mi"})
    container["command"] = ["bulkhead", "hold", "--listen", f"0.0.0.0:{STATUS_PORT}"]
    token = {"secretKeyRef": {"name": name, "key": "auth_token"}}  # KubeRay makes it
    container["env"] += [
        {"name": "BULKHEAD_TOPOLOGY", "value": str(TOPOLOGY_FILE)},
        {"name": "RAY_ADDRESS", "value": f"{name}-head-svc:{GCS}"},
        {"name": "RAY_AUTH_TOKEN", "valueFrom": token},
    ]
    container["ports"] = [{"name": STATUS, "containerPort": STATUS_PORT}]
    container["livenessProbe"] = _probe("/healthz", period_s=10, failures=6)
    container["readinessProbe"] = _probe("/readyz", period_s=2, failures=2)
    container["volumeMounts"] = mounts
    return container


def _probe(path: str, *, period_s: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": "status"},
        "periodSeconds": period_s,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _volumes(topology: Topology, group: Group, name: str, mounted: list[Secret]) -> list[Manifest]:
    state = _empty("state")
    if group.holds:
        # What the log does not have: the exchange's genesis id, spent budgets, revoked keys.
        state = {"name": "state", "persistentVolumeClaim": {"claimName": f"{name}-state"}}
    config = {"name": "topology", "configMap": {"name": f"{name}-topology"}}
    return [_empty("tmp"), state, config, *(secret.volume_of_pod() for secret in mounted)]


def _mounts(topology: Topology, mounted: list[Secret]) -> list[Manifest]:
    # A file by itself, not a folder of links: paths in it are relative to where it really is.
    file = {"name": "topology", "mountPath": str(TOPOLOGY_FILE), "subPath": "topology.yaml", "readOnly": True}
    state = _mount("state", str(state_path(topology)))
    return [_mount("tmp", "/tmp"), state, file, *(secret.mount() for secret in mounted)]


def _empty(volume: str) -> Manifest:
    return {"name": volume, "emptyDir": {}}


def _mount(volume: str, path: str) -> Manifest:
    return {"name": volume, "mountPath": path}


def _spec(name: str, priority: str, containers: list[Manifest], volumes: list[Manifest]) -> Manifest:
    return {
        "automountServiceAccountToken": False,
        "containers": containers,
        "enableServiceLinks": False,
        "priorityClassName": priority,
        "securityContext": {
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "runAsGroup": USER,
            "runAsNonRoot": True,
            "runAsUser": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "serviceAccountName": name,
        "terminationGracePeriodSeconds": 30,
        "tolerations": [_away("not-ready"), _away("unreachable")],
        "volumes": volumes,
    }


def _away(condition: str) -> Manifest:
    return {
        "key": f"node.kubernetes.io/{condition}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": AWAY_S,
    }
