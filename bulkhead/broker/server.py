"""One Pulsar server of this machine: `standalone`, on loopback, its data in a folder that outlives it."""

import fcntl
import http.client
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from bulkhead.broker import ports as free_ports
from bulkhead.broker.distribution import Progress, cache_directory, check_java, pulsar_home
from bulkhead.broker.problem import BrokerError
from bulkhead.broker.process import end, started_at
from bulkhead.broker.security import Security
from bulkhead.broker.settings import ENVIRONMENT, Ports, command, configuration

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
HEALTHY_TIMEOUT_S = 180.0
"""About 10 s on two free cores; a machine that does other work as well takes many times that."""
STOP_TIMEOUT_S = 75.0
"""The server gives itself 60 s to put everything down (brokerShutdownTimeoutMs)."""
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Record:
    """What is remembered of a server: its ports for ever, its process while it is to run (else 0)."""

    ports: Ports
    pid: int = 0
    started: int = 0
    """of the process, in clock ticks since boot: a pid alone may have been given again"""
    secured: bool = False


@dataclass(frozen=True)
class Status:
    """What a server is doing."""

    name: str
    running: bool
    healthy: bool
    """it answers as one that can take and give messages"""
    pid: int
    """0: it does not run"""
    service_url: str
    """of log.service_url; empty where no server of this name was ever started"""
    admin_url: str
    folder: str
    """its data, its configuration, its output"""
    secured: bool = False
    """TLS, tokens and permissions: its certificates and tokens are in folder/security"""


class Server:
    """The server called `name` whose state is in `root`/`name`."""

    def __init__(self, root: Path, name: str) -> None:
        if not NAME.fullmatch(name):
            raise BrokerError(f"{name!r} is no server's name: 1 to 32 letters, digits, dots, dashes")
        self.name = name
        self.folder = (root / name).resolve()
        self._record_path = self.folder / "server.json"
        self._output = self.folder / "output.log"
        self.security = Security(self.folder / "security")
        """of a secured server"""

    def status(self) -> Status:
        """What it does now; asks it for its health if it runs."""
        record = self._read()
        if record is None:
            return Status(self.name, False, False, 0, "", "", str(self.folder))
        running = self._runs(record)
        return Status(
            name=self.name,
            running=running,
            healthy=running and self._is_healthy(record),
            pid=record.pid if running else 0,
            service_url=f"pulsar{'+ssl' if record.secured else ''}://127.0.0.1:{record.ports.broker}",
            admin_url=f"http{'s' if record.secured else ''}://127.0.0.1:{record.ports.web}",
            folder=str(self.folder),
            secured=record.secured,
        )

    def start(self, progress: Progress, port: int = 0, web_port: int = 0, *, secured: bool = False) -> Status:
        """Start it, unless it runs, and wait until it is healthy; `port` 0: the one it had, else a free one.

        BrokerError: what it needs is missing, a port is taken, or it ended or did not get healthy; then
        nothing of it runs.
        """
        with _only_one_starts(progress):
            record = self._read()
            if record is not None and record.secured != secured:
                raise BrokerError(
                    f"{self.name} was made {'with' if record.secured else 'without'} --secure, and stays so:"
                    f" another --name makes another server"
                )
            if record is not None and self._runs(record):
                if (port and port != record.ports.broker) or (web_port and web_port != record.ports.web):
                    raise BrokerError(
                        f"{self.name} runs already, on other ports: {self.status().service_url}"
                    )
                self._wait_healthy(record, progress)
                return self.status()
            check_java()
            home = pulsar_home(progress)
            standards = free_ports.STANDARD_SECURED if secured else free_ports.STANDARD
            chosen = free_ports.choose(Ports(port, web_port, 0), record.ports if record else None, standards)
            record = self._spawn(home, chosen, secured)
            try:
                self._wait_healthy(record, progress)
            except BaseException:  # an interrupt too: what was started here must not be left half way
                self.stop(progress)
                raise
            return self.status()

    def stop(self, progress: Progress) -> bool:
        """End it if it runs; its data stay. Whether it ran."""
        record = self._read()
        if record is None or not self._runs(record):
            return False
        progress(f"stopping {self.name}")
        end(record.pid, record.started, STOP_TIMEOUT_S)
        self._write(Record(record.ports, secured=record.secured))
        return True

    def erase(self, progress: Progress) -> None:
        """End it, and delete all that it keeps."""
        self.stop(progress)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self, home: Path, ports: Ports, secured: bool) -> Record:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if secured:
            self.security.make()
        conf = self.folder / "standalone.conf"
        conf.write_text(configuration(home, ports, self.security if secured else None))
        environment = {
            **os.environ,
            **ENVIRONMENT,
            "PULSAR_STANDALONE_CONF": str(conf),
            "PULSAR_LOG_DIR": str(self.folder / "logs"),
        }
        with self._output.open("wb") as output:
            process = subprocess.Popen(
                command(home, self.folder, ports),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=environment,
                start_new_session=True,  # a terminal's Ctrl-C is not for it
            )
        # It is not waited for: it outlives this process.
        process.returncode = 0
        record = Record(ports, process.pid, started_at(process.pid) or 0, secured)
        self._write(record)
        return record

    def _wait_healthy(self, record: Record, progress: Progress) -> None:
        progress(f"waiting for {self.name} to be healthy")
        deadline = time.monotonic() + HEALTHY_TIMEOUT_S
        while not self._is_healthy(record):
            if not self._runs(record):
                raise BrokerError(
                    f"{self.name} ended by itself; its last words ({self._output}):\n{self._tail()}"
                )
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"{self.name} is not healthy after {HEALTHY_TIMEOUT_S:.0f} s; see {self._output}"
                )
            time.sleep(LOOK_EVERY_S)

    def _is_healthy(self, record: Record) -> bool:
        address, headers = ("127.0.0.1", record.ports.web), {}
        connection = http.client.HTTPConnection(*address, timeout=10)
        if record.secured:
            connection = http.client.HTTPSConnection(*address, timeout=10, context=self.security.context())
            headers = {"Authorization": f"Bearer {self.security.admin_token.read_text().strip()}"}
        try:
            connection.request("GET", "/admin/v2/brokers/health", headers=headers)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _tail(self) -> str:
        lines = self._output.read_text(errors="replace").splitlines()
        return "\n".join(lines[-5:])

    def _runs(self, record: Record) -> bool:
        return record.pid != 0 and started_at(record.pid) == record.started

    def _read(self) -> Record | None:
        try:
            values = json.loads(self._record_path.read_text())
        except FileNotFoundError:
            return None
        return Record(Ports(**values.pop("ports")), **values)

    def _write(self, record: Record) -> None:
        draft = self._record_path.with_suffix(".draft")
        draft.write_text(json.dumps({**asdict(record), "ports": record.ports._asdict()}))
        draft.rename(self._record_path)


def servers(root: Path) -> list[Server]:
    """Every server that was ever started with its state in `root`, by name."""
    return [Server(root, path.parent.name) for path in sorted(root.glob("*/server.json"))]


@contextmanager
def _only_one_starts(progress: Progress) -> Iterator[None]:
    """One start at a time for this user: two would choose the same free ports, or both fetch the server."""
    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "start.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another server's start")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


__all__ = ["Server", "Status", "servers"]
