"""The life of one server of this machine: a process on loopback, its data in a folder that outlives it.

What kind of server it is, Pulsar or Redis, is behind `kind.Kind`.
"""

import fcntl
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
from bulkhead.broker.distribution import cache_directory
from bulkhead.broker.kind import Kind, PortNumbers, Progress
from bulkhead.broker.problem import BrokerError
from bulkhead.broker.process import end, started_at
from bulkhead.broker.pulsar import Pulsar, SecuredPulsar, security_of
from bulkhead.broker.redis import Redis

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
LOOK_EVERY_S = 0.1
GONE_TIMEOUT_S = 10.0
"""A broker that was killed has some hundred threads and as many connections to give up."""
KINDS: dict[str, Kind] = {kind.name: kind for kind in (Pulsar(), SecuredPulsar(), Redis())}


@dataclass(frozen=True)
class Record:
    """What is remembered of a server: kind and ports for ever, its process while it is to run (else 0)."""

    kind: str
    ports: PortNumbers
    pid: int = 0
    started: int = 0
    """of the process, in clock ticks since boot: a pid alone may have been given again"""


@dataclass(frozen=True)
class Status:
    """What a server is doing."""

    name: str
    kind: str
    running: bool
    healthy: bool
    """it answers as one that does its work"""
    pid: int
    """0: it does not run"""
    service_url: str
    """where its clients connect; empty where no server of this name was ever started"""
    admin_url: str
    """of its REST API; empty where it has none"""
    password_file: str
    """what its clients have to say; empty where it asks for nothing"""
    folder: str
    """its data, its configuration, its output"""


class Server:
    """The server called `name` whose state is in `root`/`name`.

    `kind` is what it becomes when it is first started (pulsar if it is not said); it stays that for ever.
    """

    def __init__(self, root: Path, name: str, kind: str = Pulsar.name) -> None:
        if not NAME.fullmatch(name):
            raise BrokerError(f"{name!r} is no server's name: 1 to 32 letters, digits, dots, dashes")
        self.name = name
        self.folder = (root / name).resolve()
        self._record_path = self.folder / "server.json"
        self._output = self.folder / "output.log"
        self.security = security_of(self.folder)
        """of a secured Pulsar"""
        record = self._read()
        self.kind = KINDS[kind if record is None else record.kind]

    def status(self) -> Status:
        """What it does now; asks it for its health if it runs."""
        record = self._read()
        if record is None:
            return Status(self.name, self.kind.name, False, False, 0, "", "", "", str(self.folder))
        running = self._runs(record)
        return Status(
            name=self.name,
            kind=self.kind.name,
            running=running,
            healthy=running and self.kind.is_healthy(self.folder, record.ports),
            pid=record.pid if running else 0,
            **self.kind.addresses(self.folder, record.ports)._asdict(),
            folder=str(self.folder),
        )

    def start(
        self, progress: Progress, port: int = 0, web_port: int = 0, *, standard_ports: bool = True
    ) -> Status:
        """Start it, unless it runs, and wait until it is healthy; `port` 0: the one it had, else a free one.

        Without `standard_ports` a new server keeps away from those that its kind usually has, which another
        server would take while this one is down.

        BrokerError: what it needs is missing, a port is taken, or it ended or did not get healthy; then
        nothing of it runs.
        """
        asked = self._asked(port, web_port)
        with _only_one_starts(self.kind, progress):
            record = self._read()
            if record is not None and self._runs(record):
                if any(want and want != record.ports[use] for use, want in asked.items()):
                    raise BrokerError(
                        f"{self.name} runs already, on other ports: {self.status().service_url}"
                    )
                try:
                    self._wait_healthy(record, progress)
                except BrokerError:
                    # One that was killed a moment ago still ran when it was looked for.
                    if self._runs(record):
                        raise
                else:
                    return self.status()
            program = self.kind.find(progress)
            standard = self.kind.standard_ports
            if not standard_ports:
                standard = dict.fromkeys(standard, 0)
            if record is not None and record.pid:
                self._wait_gone(record, progress)
            chosen = free_ports.choose(standard, asked, record.ports if record else {})
            record = self._spawn(program, chosen)
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
        end(record.pid, record.started, self.kind.stop_timeout_s)
        self._write(Record(record.kind, record.ports))
        return True

    def erase(self, progress: Progress) -> None:
        """End it, and delete all that it keeps."""
        self.stop(progress)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _asked(self, port: int, web_port: int) -> dict[str, int]:
        """The ports that were asked for, by use."""
        if web_port and "web" not in self.kind.standard_ports:
            raise BrokerError(f"{self.kind.title} has no REST API: leave the port for it out")
        return {next(iter(self.kind.standard_ports)): port} | ({"web": web_port} if web_port else {})

    def _spawn(self, program: Path, ports: PortNumbers) -> Record:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        launch = self.kind.configure(program, self.folder, ports)
        with self._output.open("wb") as output:
            process = subprocess.Popen(
                launch.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env={**os.environ, **launch.environment},
                start_new_session=True,  # a terminal's Ctrl-C is not for it
            )
        # It is not waited for: it outlives this process.
        process.returncode = 0
        record = Record(self.kind.name, ports, process.pid, started_at(process.pid) or 0)
        self._write(record)
        return record

    def _wait_gone(self, record: Record, progress: Progress) -> None:
        """It was killed: its ports are free when the last of its threads has ended, after it died."""
        deadline = time.monotonic() + GONE_TIMEOUT_S
        told = False
        while not all(map(free_ports.is_free, record.ports.values())) and time.monotonic() < deadline:
            if not told:
                progress(f"waiting until the killed {self.name} has let go of its ports")
                told = True
            time.sleep(LOOK_EVERY_S)

    def _wait_healthy(self, record: Record, progress: Progress) -> None:
        progress(f"waiting for {self.name} to be healthy")
        deadline = time.monotonic() + self.kind.healthy_timeout_s
        while not self.kind.is_healthy(self.folder, record.ports):
            if not self._runs(record):
                raise BrokerError(
                    f"{self.name} ended by itself; its last words ({self._output}):\n{self._tail()}"
                )
            if time.monotonic() > deadline:
                waited = f"{self.kind.healthy_timeout_s:.0f} s"
                raise BrokerError(f"{self.name} is not healthy after {waited}; see {self._output}")
            time.sleep(LOOK_EVERY_S)

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
        # Records of the time when there was only one kind don't name it.
        return Record(**{"kind": Pulsar.name, **values})

    def _write(self, record: Record) -> None:
        draft = self._record_path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record)))
        draft.rename(self._record_path)


def servers(root: Path) -> list[Server]:
    """Every server that was ever started with its state in `root`, by name."""
    return [Server(root, path.parent.name) for path in sorted(root.glob("*/server.json"))]


@contextmanager
def _only_one_starts(kind: Kind, progress: Progress) -> Iterator[None]:
    """One start of a kind at a time for this user: two would choose the same free ports, or both fetch the
    server. Redis, which starts in 0.1 s, does not wait for a Pulsar; their ports are others.
    """
    folder = cache_directory()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"start-{kind.program}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another {kind.title} server's start")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


__all__ = ["Server", "Status", "servers"]
