"""Pods as processes of this machine: what a pod's manifest says is run, with the files that it mounts.

    python -m tests.support.pods SPEC.json

becomes the pod that the file describes. It has to be started by `in_own_namespaces`: its processes see each
other, /tmp and what is mounted, and nothing of other pods'. All pods have one network, where each has an
address of its own (127.0.0.N); Ray's ports, the same in each pod, are left to Ray therefore.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from k8s.names import ROOT

MOUNTED = "/mnt/exchange"
"""where ROOT is here: every machine has a /mnt, and a pod's own is empty"""
GCS = "127.0.0.2:6379"
RESTART_AFTER_S = 1.0
TOKEN = "0123456789abcdef" * 4

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Container:
    command: list[str]
    environment: dict[str, str]


@dataclass(frozen=True)
class Spec:
    name: str
    containers: dict[str, Container]
    mounts: dict[str, str]
    """path in the pod -> what is there, a folder or a file of this machine"""
    logs: str


@dataclass(frozen=True)
class Volumes:
    """What stands for a cluster's: `secrets` and `config` by name, each a folder with a file for each key."""

    folder: Path
    secrets: Path
    config: Path

    def source(self, pod: str, volume: Manifest) -> Path:
        """The folder that a pod's volume is."""
        if "persistentVolumeClaim" in volume:
            return self._made(self.folder / "claims" / volume["persistentVolumeClaim"]["claimName"])
        own = self._made(self.folder / pod / volume["name"])
        if "secret" in volume:
            secret = volume["secret"]
            kept = self.secrets / secret["secretName"]
            items = secret.get("items") or [{"key": each.name, "path": each.name} for each in kept.iterdir()]
            for item in items:
                (own / item["path"]).write_bytes((kept / item["key"]).read_bytes())
        elif "configMap" in volume:
            for each in (self.config / volume["configMap"]["name"]).iterdir():
                (own / each.name).write_bytes(each.read_bytes())
        return own

    def _made(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def spec_of(name: str, pod: Manifest, ray: list[str], environment: dict[str, str], volumes: Volumes) -> Spec:
    """A pod as KubeRay makes it of its template: the first container runs `ray`."""
    sources = {volume["name"]: volumes.source(name, volume) for volume in pod["volumes"]}
    mounts = {
        mount["mountPath"].replace(str(ROOT), MOUNTED): str(sources[mount["name"]] / mount.get("subPath", ""))
        for container in pod["containers"]
        for mount in container["volumeMounts"]
    }
    containers = {}
    for container in pod["containers"]:
        written = {each["name"]: each.get("value", "") for each in container["env"]}
        own = {key: value.replace(str(ROOT), MOUNTED) for key, value in written.items()} | environment
        command = ray if container["name"] == "ray" else container["command"]
        containers[container["name"]] = Container(command, own)
    return Spec(name, containers, mounts, str(volumes.folder / name))


def ray_start(parameters: dict[str, str], address: str, *, head: bool) -> list[str]:
    """The command that KubeRay (1.6.2, controllers/ray/common/pod.go) makes of `rayStartParams`, but for the
    ports, with the address that the pod would have by itself, and without what only people look at.
    """
    flags = {key: value for key, value in parameters.items() if not key.endswith("-port") or key == "port"}
    flags |= {"block": "true", "node-ip-address": address, "dashboard-agent-listen-port": "0"}
    flags["include-log-monitor"] = "false"
    flags |= {"include-dashboard": "false"} if head else {"address": GCS}
    words = ["ray", "start", *(["--head"] if head else [])]
    for key, value in sorted(flags.items()):
        words.append(f"--{key}" if value == "true" else f"--{key}={value}")
    password = " --redis-password=$REDIS_PASSWORD" if head else ""
    return ["/bin/bash", "-c", "--", f"ulimit -n 65536; {shlex.join(words)}{password}"]


def in_own_namespaces(spec: Spec, file: Path) -> list[str]:
    file.write_text(json.dumps(asdict(spec)))
    own = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return ["unshare", *own, sys.executable, "-m", "tests.support.pods", str(file)]


def main(file: str) -> None:
    """Mount, start every container, start again what ends, as a kubelet does; end with the first signal."""
    read = json.loads(Path(file).read_text())
    logs = Path(read["logs"])
    running: dict[int, str] = {}
    outputs = {name: open(logs / f"{name}.log", "ab") for name in read["containers"]}  # noqa: SIM115  # as long as this runs

    _mount("tmpfs", "/mnt")
    _mount("tmpfs", "/dev/shm")
    for path in sorted(read["mounts"], key=lambda each: (each == "/tmp", each)):
        _bind(Path(read["mounts"][path]), Path(path))

    def start(name: str) -> None:
        container = read["containers"][name]
        process = subprocess.Popen(
            container["command"],
            env=os.environ | container["environment"],
            stdout=outputs[name],
            stderr=subprocess.STDOUT,
        )
        running[process.pid] = name

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for name in read["containers"]:
        start(name)
    while True:
        pid, _ = os.wait()  # this is the first process here: orphans come to it
        if pid in running:
            time.sleep(RESTART_AFTER_S)
            start(running.pop(pid))


def _mount(kind: str, path: str) -> None:
    subprocess.run(["mount", "-t", kind, kind, path], check=True)


def _bind(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    subprocess.run(["mount", "--bind", str(source), str(target)], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
