"""A whole Kubernetes control plane on loopback for tests: etcd, API server, controller manager, scheduler,
the KubeRay operator, and kwok, which plays the kubelets of nodes that do not exist: pods become ready and run
nothing.
"""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.broker.ports import choose
from bulkhead.broker.security import Security
from tests.support.running import ROOT, until

BUILD = ROOT / "tests/k8s/controlplane/build"
ZONES = ("zone-a", "zone-b", "zone-c")
NODES_PER_ZONE = 2
READY_S = 600.0
"""It takes 10 s on two free cores, and took 170 s on two that sixty processes shared."""
POD_STAGE_MS = 300
"""How long a pod is in each of the states that kwok takes it through; kwok's own delays are some seconds."""
USES = ("etcd", "peer", "api", "controllers", "scheduler", "kwok", "metrics", "health")
KUBERAY_KINDS = ("rayclusters", "rayjobs", "rayservices", "raycronjobs")


class ControlPlane:
    """Running from `start` until `stop`; everything it keeps is in `folder`."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.binaries = binaries
        self._ports = choose(dict.fromkeys(USES, 0), {}, {})
        self._security = Security(folder / "security")
        self._processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._admin_token = secrets.token_hex(16)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._ports['api']}"

    @property
    def kubeconfig(self) -> Path:
        """Of the administrator."""
        return self.folder / "admin.kubeconfig"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._security.make()
        self.write_kubeconfig(self.kubeconfig, self._admin_token)
        self._start_api()
        self._start("kube-controller-manager", *self._controllers())
        self._start("kube-scheduler", *self._common("scheduler"))
        self._start_kwok()
        self.kubectl("apply", "--server-side", "-f", self.binaries / "kuberay-crds")
        for kind in KUBERAY_KINDS:
            served = ("get", kind, "--all-namespaces")
            self._until(f"{kind} are served", lambda served=served: self.try_kubectl(*served).returncode == 0)
        self._start_kuberay()
        self._add_nodes()

    def stop(self) -> None:
        """By kill -9: nothing that they keep is read again."""
        for _, process in reversed(self._processes):
            process.kill()
            process.wait()

    def kubectl(self, *arguments: object, stdin: str | None = None, kubeconfig: Path | None = None) -> str:
        """What the command prints. CalledProcessError, with what it said, where it fails."""
        done = self.try_kubectl(*arguments, stdin=stdin, kubeconfig=kubeconfig)
        assert done.returncode == 0, f"kubectl {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stdout

    def until_applied(self, *what: object) -> None:
        """Its kinds may have been defined just now. With strict validation."""
        command = ("apply", "--server-side", "--validate=strict", *what)
        self._until(f"{what} is applied", lambda: self.try_kubectl(*command).returncode == 0)

    def command(self, *arguments: object, kubeconfig: Path | None = None) -> list[str]:
        config = kubeconfig or self.kubeconfig
        return [str(each) for each in (self.binaries / "kubectl", "--kubeconfig", config, *arguments)]

    def try_kubectl(
        self, *arguments: object, stdin: str | None = None, kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Whatever comes of it."""
        return subprocess.run(
            self.command(*arguments, kubeconfig=kubeconfig),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=READY_S,
            env={**os.environ, "HOME": str(self.folder)},  # where it keeps what it discovers
        )

    def write_kubeconfig(self, path: Path, token: str) -> None:
        """For whoever has the token."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "test",
                    "cluster": {"server": self.url, "certificate-authority": str(self._security.authority)},
                }
            ],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
            "current-context": "test",
        }
        path.write_text(yaml.safe_dump(config))

    def _start(self, name: str, *options: str, environment: Mapping[str, str] | None = None) -> None:
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [str(self.binaries / name), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._processes.append((name, process))

    def _start_api(self) -> None:
        port, tokens = self._ports, self.folder / "tokens.csv"
        tokens.write_text(f"{self._admin_token},admin,admin,system:masters\n")
        tokens.chmod(0o600)
        client, peer = (f"http://127.0.0.1:{port[use]}" for use in ("etcd", "peer"))
        self._start(
            "etcd",
            "--unsafe-no-fsync",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )
        self._start(
            "kube-apiserver",
            f"--etcd-servers={client}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port['api']}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={self._security.certificate}",
            f"--tls-private-key-file={self._security.certificate_key}",
            f"--client-ca-file={self._security.authority}",
            f"--token-auth-file={tokens}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self._security.token_key}",
            f"--service-account-signing-key-file={self._security.token_key}",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--allow-privileged=true",
        )
        self._until("the API server is ready", lambda: self.try_kubectl("get", "--raw", "/readyz").stdout)

    def _common(self, use: str) -> list[str]:
        return [
            f"--kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            f"--secure-port={self._ports[use]}",
            "--authentication-skip-lookup=true",
        ]

    def _controllers(self) -> list[str]:
        return [
            *self._common("controllers"),
            f"--service-account-private-key-file={self._security.token_key}",
            f"--root-ca-file={self._security.authority}",
            "--use-service-account-credentials=true",
        ]

    def _start_kwok(self) -> None:
        stages = self.folder / "stages.yaml"
        stages.write_text(yaml.safe_dump_all(_stages(self.binaries / "kwok-stages")))
        self._start(
            "kwok",
            f"--kubeconfig={self.kubeconfig}",
            "--manage-all-nodes=true",
            f"--server-address=127.0.0.1:{self._ports['kwok']}",
            "--node-ip=127.0.0.1",
            "--cidr=10.244.0.0/16",
            f"--config={stages}",
        )

    def _start_kuberay(self) -> None:
        self._start(
            "ray-operator",
            f"--metrics-addr=127.0.0.1:{self._ports['metrics']}",
            f"--health-probe-bind-address=127.0.0.1:{self._ports['health']}",
            "--enable-leader-election=false",
            environment={"KUBECONFIG": str(self.kubeconfig), "ENABLE_WEBHOOKS": "false"},
        )

    def _add_nodes(self) -> None:
        nodes = [_node(zone, number) for zone in ZONES for number in range(NODES_PER_ZONE)]
        self.kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(nodes))
        self.kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={READY_S:.0f}s")

    def _until(self, what: str, look: Any) -> None:
        def looked() -> Any:
            for name, process in self._processes:
                log = self.folder / f"{name}.log"
                assert process.poll() is None, f"{name} has ended: {log.read_text()[-2000:]}"
            return look()

        until(what, looked, READY_S)


@contextmanager
def running_control_plane(folder: Path) -> Iterator[ControlPlane]:
    """Skips the test where it was not built on this machine."""
    built = subprocess.run([BUILD, "--only-look"], capture_output=True, text=True, check=False)
    if built.returncode != 0:
        pytest.skip("no Kubernetes control plane was built here: make controlplane (10 minutes, once)")
    plane = ControlPlane(folder, Path(built.stdout.strip()))
    began = time.monotonic()
    try:
        plane.start()
        print(f"control plane: ready after {time.monotonic() - began:.1f} s in {folder}")
        yield plane
    finally:
        plane.stop()


def _node(zone: str, number: int) -> dict[str, Any]:
    name = f"{zone}-{number}"
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _stages(folder: Path) -> list[dict[str, Any]]:
    """kwok's own, of nodes that stay healthy and of pods that pass through every state, only faster."""
    files = [
        *sorted((folder / "pod/general").glob("pod-*.yaml")),
        folder / "node/fast/node-initialize.yaml",
        folder / "node/heartbeat/node-heartbeat.yaml",
    ]
    stages: list[dict[str, Any]] = [yaml.safe_load(file.read_text()) for file in files]
    for stage in stages:
        if stage["spec"]["resourceRef"]["kind"] == "Pod":
            stage["spec"]["delay"] = {"durationMilliseconds": POD_STAGE_MS}
    return stages
