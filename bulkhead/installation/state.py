"""The state directory of one exchange: where everything of it is, and what runs."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bulkhead.files import write_private
from bulkhead.installation.keys import Keys
from bulkhead.installation.tokens import Tokens
from bulkhead.topology import derived
from bulkhead.topology.models import Topology


class Running(BaseModel):
    """What `up` started: written by the head process, read by every other command."""

    pid: int
    """of the head process, which leads a session of its own: all that it starts is in it"""
    started: float
    """of that process, in clock ticks since boot: a pid alone may have been given again"""
    state: str = "starting"
    """starting, ready, or failed"""
    problem: str = ""
    """why it failed; of one that is ready: why boundaries are halted"""
    address: str = ""
    """of Ray's GCS"""
    node_address: str = ""
    """of the Ray node that the exchange is held from; empty: it is the head, whose address is above"""
    dashboard: str = ""
    """its address; empty: it was started without"""
    engine: str = ""
    """what computes its books, risk, settlement and views: native, reference, or both"""
    shards: dict[str, str] = {}
    """states by shard, while starting"""
    settings: dict[str, int | str | tuple[str, ...]] = {}
    """what its head process was started with (actors/processes.py)"""


class Installation:
    """The exchange of one topology file on this machine."""

    def __init__(
        self, topology: Topology, file: Path, engine: str | None = None, dashboard: bool = False
    ) -> None:
        self.topology = topology
        self.engine = engine
        """of all its shards, whatever the topology says"""
        self.dashboard = dashboard
        """whether Ray's dashboard is started with it: that is a quarter of what starting costs"""
        self.file = file.resolve()
        self.directory = derived.state_directory(topology, file)
        self.log_address = derived.log_address(topology, file)
        """of a secured log: for the administrator"""
        self.snapshots_address = derived.snapshots_address(topology, file)
        self.views_address = derived.views_address(topology, file)
        """empty: views only answer"""
        self.keys = Keys(self.directory / "keys", topology.development)
        token_key = topology.log.token_key
        self.tokens = Tokens(
            derived.token_directory(topology, file),
            None if token_key is None else self.file.parent / token_key,
        )
        self.connection_path = self.directory / "connection.json"
        self.token_path = self.directory / "ray.token"
        self.head_log = self.directory / "head.log"
        self.logs_kept = self.directory / "logs"
        """what the last run's processes wrote, once it has ended; until then it is in Ray's directory"""
        self.steps_directory = self.directory / "steps"
        """which step each machine's loop is in, a file each"""
        self.supervisor_path = self.directory / "supervisor.json"
        """what the supervisor keeps running, and has found (actors/memory.py)"""
        self.changes_path = self.directory / "changes.jsonl"
        """each step that was applied here: when, by whom, why"""
        self._running_path = self.directory / "running.json"

    def engine_running(self) -> str:
        """What computes books, risk, settlement and views; empty where no exchange runs."""
        running = self.running()
        return "" if running is None else running.engine

    @property
    def mac_key_path(self) -> Path:
        return self.keys.secret_path(self.topology.keys.internal)

    def log_address_of(self, role: str) -> str:
        """The log's address for a party of its own role, where the log knows roles."""
        return derived.log_address(self.topology, self.file, role)

    @property
    def ray_directory(self) -> Path:
        """Of the node where `up` is typed."""
        return self.ray_directory_of("")

    def ray_directory_of(self, node: str) -> Path:
        """Short, because Ray puts sockets into it and a socket's path has at most 107 bytes. Several nodes of
        one exchange may be on one machine, for a trial.
        """
        name = hashlib.sha256(f"{self.directory}{node}".encode()).hexdigest()[:8]
        return Path(tempfile.gettempdir()) / f"bulkhead-{os.getuid()}" / name

    def running(self) -> Running | None:
        """What runs now; None where nothing does (a file left by a killed head does not count)."""
        running = self._recorded()
        return running if running is not None and process_started(running.pid) == running.started else None

    def left_behind(self) -> int | None:
        """The session of a head that was killed: some of its processes may live on. None where there is none,
        or its number has been given to another process.
        """
        running = self._recorded()
        return running.pid if running is not None and process_started(running.pid) is None else None

    def _recorded(self) -> Running | None:
        try:
            return Running.model_validate_json(self._running_path.read_bytes())
        except FileNotFoundError:
            return None

    def write_running(self, running: Running) -> None:
        write_private(self._running_path, running.model_dump_json().encode())

    def forget_running(self) -> None:
        self._running_path.unlink(missing_ok=True)


def process_started(pid: int) -> float | None:
    """When a live process began, in clock ticks since boot; None where there is none, or it is a zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else float(fields[19])


def session_members(session: int) -> list[int]:
    """The live processes of a session, the one that leads it included."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    found = [(pid, _stat(pid)) for pid in pids]
    return sorted(pid for pid, fields in found if fields and fields[0] != "Z" and int(fields[3]) == session)


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the command's name, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def read_json(path: Path) -> Any:
    """What is in a JSON file; None where there is none."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
