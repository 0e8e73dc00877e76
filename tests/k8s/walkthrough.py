"""`python -m tests.k8s.walkthrough`: an operator's way from an empty cluster to an exchange, typed on the
tests' control plane; what docs/kubernetes.md shows of it is what this prints. What is typed in the pods
themselves, which run nothing there, tests/e2e/test_pods.py sees on the same topology.
"""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import yaml

from bulkhead.installation.keys import Keys
from bulkhead.topology.derived import key_names
from bulkhead.topology.load import load
from k8s.crd import GROUP, KIND, VERSION
from tests.support.controlplane import ControlPlane, running_control_plane
from tests.support.kubernetes import IMAGE, K8S, Namespace, Operator, volume
from tests.support.running import ROOT

NAME, NAMESPACE = "venue", "trading"
ON_SERVERS = {
    "log": {
        "adapter": "pulsar",
        "service_url": "pulsar://pulsar.servers.svc:6650",
        "admin_url": "http://pulsar.servers.svc:8080",
    },
    "snapshots": {"adapter": "redis", "url": "redis://redis.servers.svc:6379/0"},
}


class Typing:
    """Prints each command and what it says."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder

    def type(self, line: str) -> None:
        program, *words = shlex.split(line)
        assert program == "kubectl"
        done = subprocess.run(
            self._plane.command(*words),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": str(self._plane.folder)},
        )
        print(f"$ {line}\n{done.stdout}{done.stderr}", flush=True)


def main(folder: Path) -> None:
    topology = yaml.safe_load((ROOT / "tests/cases/in_pods.yaml").read_text()) | ON_SERVERS
    spec = {"image": IMAGE, "topology": topology}
    head = {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {"name": NAME, "namespace": NAMESPACE},
    }
    (folder / "venue.yaml").write_text(yaml.safe_dump(head | {"spec": spec}, sort_keys=False))
    (folder / "k8s").symlink_to(K8S)
    (folder / "topology.yaml").write_text(yaml.safe_dump(topology))
    found = load(folder / "topology.yaml")
    keys = Keys(folder / "keys", development=True)
    for name in (f"{found.keys.internal}.key", *(f"{name}.pem" for name in key_names(found))):
        keys.make(name)
    with running_control_plane(folder / "plane") as plane:
        walk(plane, Typing(plane, folder))


def walk(plane: ControlPlane, typing: Typing) -> None:
    typing.type("kubectl get nodes -L topology.kubernetes.io/zone")
    typing.type("kubectl apply --server-side -f k8s/crd.yaml -f k8s/base/peering-kind.yaml")
    plane.until_applied("-f", K8S / "base/peering.yaml")
    typing.type("kubectl apply --server-side -k k8s")
    operator = Operator(plane, "operator")  # what the Deployment has pods for, which run nothing here
    operator.start()
    try:
        typing.type(f"kubectl create namespace {NAMESPACE}")
        plane.kubectl("create", "-f", "-", stdin=yaml.safe_dump(volume(NAMESPACE)))
        typing.type(f"kubectl create secret generic {NAME}-keys -n {NAMESPACE} --from-file=keys")
        typing.type("kubectl apply --server-side -f venue.yaml")
        Namespace(plane, NAMESPACE).until_state(NAME, "Ready")
        typing.type(f"kubectl get exchange -n {NAMESPACE}")
        columns = "NAME:.metadata.name,NODE:.spec.nodeName,PHASE:.status.phase"
        typing.type(f"kubectl get pods -n {NAMESPACE} -o custom-columns={columns}")
        typing.type(f"kubectl get events -n {NAMESPACE} --field-selector involvedObject.kind=Exchange")
    finally:
        operator.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bulkhead-walkthrough-") as made:
        main(Path(made))
