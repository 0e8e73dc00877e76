"""An operator beside the tests' control plane, with the rights that it has in a cluster and no others, and
what tests do with Exchanges.
"""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import yaml

from bulkhead.broker.ports import choose
from k8s.crd import GROUP, KIND, VERSION
from tests.support.controlplane import NODES_PER_ZONE, ZONES, ControlPlane
from tests.support.running import ROOT, edited_topology, merge, until

K8S = ROOT / "k8s"
SYSTEM = "bulkhead-system"
OPERATOR = "bulkhead-operator"
INVALID = "Invalid"
IMAGE = "registry.test/bulkhead:1"
DEADLINE_S = 180.0
"""Of one condition: an exchange of seven pods is ready after 8 s on two free cores."""
Manifest = dict[str, Any]
KINDS = "exchanges,rayclusters,pods,services,configmaps,serviceaccounts,networkpolicies,pdb,secrets,jobs"
OF_EVERY_NAMESPACE = {"kube-root-ca.crt", "default"}
_numbers = itertools.count()


class Operator:
    """A process of its own, which may be killed."""

    def __init__(self, plane: ControlPlane, name: str, module: str = "k8s.operator") -> None:
        self.plane = plane
        self.log = plane.folder / f"{name}.log"
        self.name = name
        self._module = module
        self._kubeconfig = plane.folder / f"{name}.kubeconfig"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        token = self.plane.kubectl("create", "token", OPERATOR, "--namespace", SYSTEM, "--duration=12h")
        self.plane.write_kubeconfig(self._kubeconfig, token.strip())
        port = choose({"health": 0}, {}, {})["health"]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kopf", "run", "--all-namespaces", "--peering=bulkhead"),
                    *(f"--liveness=http://127.0.0.1:{port}/healthz", f"--module={self._module}"),
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "KUBECONFIG": str(self._kubeconfig), "POD_ID": self.name},
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ensure(self) -> None:
        if not self.running:
            self.start()

    def said(self) -> str:
        return self.log.read_text()

    def wait(self) -> int:
        assert self._process is not None
        return self._process.wait(timeout=DEADLINE_S)

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(frozen=True)
class Namespace:
    """Of one test: what it asks of the control plane there."""

    plane: ControlPlane
    name: str

    @classmethod
    def make(cls, plane: ControlPlane) -> Self:
        """A new one, with a volume for one exchange: nothing here makes volumes when they are asked for."""
        name = f"test-{next(_numbers)}"
        plane.kubectl("create", "namespace", name)
        plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(volume(name)))
        return cls(plane, name)

    def delete(self) -> None:
        self.plane.kubectl("delete", "namespace", self.name, "--ignore-not-found", "--wait=false")

    def kubectl(self, *arguments: object, stdin: str | None = None) -> str:
        return self.plane.kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def try_kubectl(self, *arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return self.plane.try_kubectl("--namespace", self.name, *arguments, stdin=stdin)

    def get(self, kind: str, name: str) -> Manifest:
        found: Manifest = json.loads(self.kubectl("get", kind, name, "--output=json"))
        return found

    def all(self, kind: str) -> list[Manifest]:
        found: list[Manifest] = json.loads(self.kubectl("get", kind, "--output=json"))["items"]
        return found

    def apply(self, manifest: Manifest) -> None:
        self.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump(manifest))

    def until_state(self, exchange: str, state: str) -> Manifest:
        """The resource, when the operator says so of what the resource asks for now."""

        def look() -> Manifest | None:
            found = self.get(KIND, exchange)
            status = found.get("status", {})
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            return found if seen and status.get("state") == state else None

        try:
            return until(f"{exchange} is {state}", look, DEADLINE_S)
        except AssertionError as problem:
            told = self.kubectl("describe", KIND, exchange)
            raise AssertionError(f"{problem}\n{told}\n{self.kubectl('get', 'pods')}") from problem

    def events(self, reason: str) -> list[str]:
        """What is told of Exchanges."""
        return [
            each["message"]
            for each in self.all("events")
            if each["reason"] == reason and each["involvedObject"]["kind"] == KIND
        ]

    def node_of(self, group: str) -> str:
        (pod,) = (each for each in self.pods() if each["metadata"]["labels"]["ray.io/group"] == group)
        return str(pod["spec"]["nodeName"])

    def until_nothing_is_left(self) -> None:
        try:
            until("nothing of it is left", lambda: not self.left(), DEADLINE_S)
        except AssertionError as problem:
            raise AssertionError(f"{problem}: {self.kubectl('get', KINDS)}") from problem

    def left(self) -> list[str]:
        """What there is beside claims and what every namespace has."""
        names = (each["metadata"]["name"] for each in self.all(KINDS))
        return [name for name in names if name not in OF_EVERY_NAMESPACE]

    def pods(self) -> list[Manifest]:
        """Of Ray: those that run, or will."""
        return [pod for pod in self.all("pods") if "ray.io/cluster" in pod["metadata"]["labels"]]


ELSEWHERE = {
    "log": {
        "adapter": "pulsar",
        "service_url": "pulsar://pulsar.invalid:6650",
        "admin_url": "http://pulsar.invalid:8080",
        "directory": None,
        "durability": None,
    },
    "snapshots": {"adapter": "redis", "url": "redis://redis.invalid:6379/0", "directory": None},
}
"""on servers that other pods would be"""
SMALL = {
    "placement": {
        "address": "10.0.0.1",
        "nodes": {f"{zone}-{number}": {"zone": zone} for zone in ZONES for number in range(NODES_PER_ZONE)},
    },
    "boundaries": {
        **dict.fromkeys(("eth", "sol", "accounts-0", "accounts-1", "control", "clock", "views"), None),
        "supervisor": {
            "contains": [
                "book/1",
                "book/2",
                "risk/*",
                "settlement/*",
                "control/0",
                "clock/0",
                "view/*",
                "supervisor",
            ]
        },
    },
}
"""Two boundaries, so that there are few pods to wait for."""


def exchange(
    name: str, changes: Mapping[str, Any] | None = None, image: str = IMAGE, small: bool = True
) -> Manifest:
    """An Exchange of the shipped topology with `changes`."""
    topology = yaml.safe_load(edited_topology({"exchange": name, **ELSEWHERE}))
    for each in (SMALL if small else {}, changes or {}):
        merge(topology, each)
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {"image": image, "topology": topology},
    }


def volume(name: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "10Gi"},
            "hostPath": {"path": f"/nowhere/{name}"},
        },
    }
