"""A whole exchange from its manifests, with processes in place of pods, on servers that are real: a Pulsar, a
Redis for snapshots and one for Ray.

    python -m tests.support.exchange_in_pods FOLDER

founds it, trades, kills pods, trades again, and prints what came of it, a line of JSON for each step. To be
started by `command`, in namespaces of its own: nothing of it is seen outside, and nothing of it is left.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bulkhead.broker.server import Server
from bulkhead.client import connect
from bulkhead.installation.keys import Keys
from bulkhead.topology.derived import key_names
from bulkhead.topology.load import load
from k8s.names import STATUS_PORT
from k8s.render import render
from tests.support.pods import GCS, MOUNTED, TOKEN, Spec, Volumes, in_own_namespaces, ray_start, spec_of

NAME = "venue"
HOSTS = f"127.0.0.1 localhost pulsar.servers.svc redis.servers.svc\n{GCS.partition(':')[0]} {NAME}-head-svc\n"
STARTED = "Ray runtime started"
TIMEOUT_S = 300.0

Manifest = dict[str, Any]


def command(folder: Path) -> list[str]:
    return _in_namespaces(sys.executable, "-m", "tests.support.exchange_in_pods", str(folder))


def missing() -> str:
    """Why it can't be run here; empty: it can."""
    done = subprocess.run(_in_namespaces("true"), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no namespaces can be made: {done.stderr.strip()}"


def _in_namespaces(*program: str) -> list[str]:
    as_root = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    own = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return ["unshare", *as_root, *own, *program]


class Cluster:
    """What is rendered, as pods that can be started and killed."""

    def __init__(self, folder: Path, manifests: list[Manifest], ray_redis: tuple[str, str]) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        kinds = {manifest["kind"]: manifest for manifest in manifests}
        config = folder / "config" / kinds["ConfigMap"]["metadata"]["name"]
        config.mkdir(parents=True)
        for file, text in kinds["ConfigMap"]["data"].items():
            (config / file).write_text(text)
        self._volumes = Volumes(folder / "volumes", folder / "secrets", folder / "config")
        self._specs = dict(self._pods(kinds["RayCluster"]["spec"], ray_redis))

    def _pods(self, spec: Manifest, ray_redis: tuple[str, str]) -> Iterator[tuple[str, Spec]]:
        authenticated = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
        address, password = ray_redis
        stored = {
            "RAY_REDIS_ADDRESS": address,
            "REDIS_PASSWORD": password,
            "RAY_external_storage_namespace": NAME,
        }
        head = spec["headGroupSpec"]
        start = ray_start(head["rayStartParams"], GCS.partition(":")[0], head=True)
        yield "head", spec_of("head", head["template"]["spec"], start, authenticated | stored, self._volumes)
        # KubeRay sets this one on workers where the head may come back.
        patient = {"RAY_gcs_rpc_server_reconnect_timeout_s": "600"}
        for number, group in enumerate(spec["workerGroupSpecs"], start=3):
            labels = ",".join(f"{label}={value}" for label, value in group["labels"].items())
            start = ray_start(group["rayStartParams"] | {"labels": labels}, f"127.0.0.{number}", head=False)
            name, pod = group["groupName"], group["template"]["spec"]
            yield name, spec_of(name, pod, start, authenticated | patient, self._volumes)

    @property
    def names(self) -> list[str]:
        return list(self._specs)

    @property
    def state(self) -> Path:
        """What the exchange keeps: the claim of the pod that holds it."""
        return self._volumes.folder / "claims" / f"{NAME}-state"

    def given(self, folder: str) -> Path:
        """The connection.json of somebody who has keys, in a folder of theirs."""
        theirs = self._folder / folder
        if not theirs.exists():
            shutil.copytree(self._folder / "secrets" / f"{NAME}-keys", theirs / "keys")
        return Path(shutil.copy(self.state / "connection.json", theirs))

    def start(self, *names: str) -> None:
        """One after another: Ray gives a node 30 s to come up, which is little for many at once."""
        for name in names:
            log = Path(self._specs[name].logs) / "ray.log"
            before = _times_started(log)
            started = in_own_namespaces(self._specs[name], self._folder / f"{name}.json")
            with open(self._folder / f"{name}.out", "ab") as output:
                self._running[name] = subprocess.Popen(started, stdout=output, stderr=subprocess.STDOUT)
            _until(f"{name} has started Ray", partial(_is_started, log, before + 1))

    def change(self, name: str, **sections: dict[str, Any]) -> None:
        """A pod reads another topology from now on, and what holds the exchange begins anew there: as with
        another ConfigMap, but that the pod's shards are left alone.
        """
        file = Path(self._specs[name].mounts[f"{MOUNTED}/topology.yaml"])
        values = yaml.safe_load(file.read_text())
        for section, fields in sections.items():
            values[section] = values.get(section, {}) | fields
        file.write_text(yaml.safe_dump(values))
        os.kill(_holding(), signal.SIGKILL)

    def kill(self, name: str) -> None:
        """All of it at once, as a node that loses its power takes it."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()


def _processes() -> Iterator[tuple[int, list[bytes]]]:
    """Every one of here, with the words that it was started with, from its program's on."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            yield int(folder.name), words[1:] if b"python" in words[0] else words


def _holding() -> int:
    """The process that founds the exchange, in its pod."""
    (pid,) = [pid for pid, words in _processes() if words[1:3] == [b"hold", b"--listen"]]
    return pid


def typed(*words: str) -> dict[str, Any]:
    """What a command says in the container of who founds the exchange, as `kubectl exec` would type it."""
    pid = _holding()
    written = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    environment = dict(each.decode().split("=", 1) for each in written if b"=" in each)
    done = subprocess.run(
        ["nsenter", "--target", str(pid), "--mount", "--pid", "bulkhead", *words],
        env=environment | {"COLUMNS": "110"},
        capture_output=True,
        text=True,
        check=False,
    )
    return {"status": done.returncode, "told": done.stdout + done.stderr}


def asked(path: str) -> tuple[int, str]:
    """What the exchange tells of its health."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{STATUS_PORT}{path}", timeout=5.0) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as problem:
        return 0, str(problem)


def until_answered(path: str, status: int) -> str:
    answer = (0, "")

    def answered() -> bool:
        nonlocal answer
        answer = asked(path)
        return answer[0] == status

    _until(f"{path} is {status}", answered, lambda: str(answer))
    return answer[1]


def _until(what: str, is_so: Callable[[], bool], instead: Callable[[], str] = str) -> None:
    ends_at = time.monotonic() + TIMEOUT_S
    while not is_so():
        if time.monotonic() > ends_at:
            raise TimeoutError(f"{what}: not in {TIMEOUT_S:g} s; {instead()}")
        time.sleep(0.2)


def _times_started(log: Path) -> int:
    return log.read_text().count(STARTED) if log.exists() else 0


def _is_started(log: Path, times: int) -> bool:
    return _times_started(log) >= times


def trade(cluster: Cluster, quantity: str) -> list[str]:
    """Two participants meet; what alice is told. They have what participants are given, and their keys."""
    connection = cluster.given("participants")
    with connect(connection, "alice") as alice, connect(connection, "bob") as bob:
        alice.place("alice.main", "BTC-USD", "buy", quantity=quantity, price="60000.00")
        bob.place("bob.main", "BTC-USD", "sell", quantity=quantity, price="60000.00")
        told: list[str] = []
        ends_at = time.monotonic() + TIMEOUT_S
        while "OrderFilled" not in told and time.monotonic() < ends_at:
            told += [type(report.message).__name__ for report in alice.reports(timeout_s=1.0)]
        return told


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, Any]]:
    running = {
        name: Server(folder / name, kind, kind)
        for name, kind in (("pulsar", "pulsar"), ("snapshots", "redis"), ("ray", "redis"))
    }
    try:
        yield {name: server.start(_say, standard_ports=False) for name, server in running.items()}
    finally:
        for server in running.values():
            server.erase(_say)


def topology(folder: Path, status: dict[str, Any]) -> Path:
    """The file of the exchange, on these servers by the names that a cluster would have for them."""
    file = folder / "topology.yaml"
    values = yaml.safe_load((Path(__file__).parents[1] / "cases/in_pods.yaml").read_text())
    values["log"] |= {
        "service_url": status["pulsar"].service_url.replace("127.0.0.1", "pulsar.servers.svc"),
        "admin_url": status["pulsar"].admin_url.replace("127.0.0.1", "pulsar.servers.svc"),
    }
    url = status["snapshots"].service_url.replace("127.0.0.1", "redis.servers.svc")
    values["snapshots"] |= {"url": f"{url}/0", "password_file": "password"}
    file.write_text(yaml.safe_dump(values))
    return file


def secrets(folder: Path, file: Path, status: dict[str, Any]) -> None:
    """What an operator puts into a cluster beforehand."""
    found = load(file)
    keys = Keys(folder / f"{NAME}-keys", development=True)
    keys.make(f"{found.keys.internal}.key")
    for name in key_names(found):
        keys.make(f"{name}.pem")
    password = folder / f"{NAME}-redis" / "password"
    password.parent.mkdir()
    password.write_bytes(Path(status["snapshots"].password_file).read_bytes())


def main(folder: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (folder / "hosts").write_text(HOSTS)
    subprocess.run(["mount", "--bind", str(folder / "hosts"), "/etc/hosts"], check=True)
    with servers(folder / "servers") as status:
        file = topology(folder, status)
        secrets(folder / "secrets", file, status)
        manifests = render(load(file), namespace="test", name=NAME, image="none")
        ray = status["ray"]
        password = Path(ray.password_file).read_text().strip()
        cluster = Cluster(folder, manifests, (ray.service_url.removeprefix("redis://"), password))
        play(cluster)


def play(cluster: Cluster) -> None:
    cluster.start(*cluster.names)
    _tell("pods", cluster.names)
    until_answered("/healthz", 200)
    _tell("before", asked("/readyz")[0])
    _tell("ready", until_answered("/readyz", 200))
    _tell("order", typed("order", "place", "alice", "BTC-USD", "buy", "0.5", "--price", "59000.00"))
    _tell("status", typed("status"))
    _tell("traded", trade(cluster, "0.25"))
    cluster.kill("market-a")
    _tell("traded without market-a", trade(cluster, "0.10"))
    cluster.kill("head")
    _tell("traded without Ray's head", trade(cluster, "0.10"))
    cluster.start("head", "market-a")
    _until("every process runs again", _every_process_runs)
    _tell("ready again", until_answered("/readyz", 200))
    _tell("metrics", asked("/metrics")[1])
    before = _pids()
    cluster.change("rest", clock={"tick_ms": 200})
    _until(
        "the clock's process is another", lambda: _pids().get("clock/0") not in (None, 0, before["clock/0"])
    )
    until_answered("/readyz", 200)
    _tell("other processes", sorted(name for name, pid in _pids().items() if pid != before[name]))
    _tell("traded after the change", trade(cluster, "0.10"))


def _pids() -> dict[str, int]:
    """Of every process that runs; none while nobody tells."""
    status, body = asked("/status")
    shards = json.loads(body).get("shards", []) if status == 200 else []
    return {shard["shard"]: shard["pid"] for shard in shards}


def _every_process_runs() -> bool:
    return {process["state"] for process in json.loads(asked("/status")[1])["shards"]} == {"running"}


def _tell(step: str, what: object) -> None:
    print(json.dumps({step: what}), flush=True)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
