"""What is failed, whole: a boundary's processes, a server, or Ray with everything in it."""

import os
import signal
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from actors.attach import kill
from bulkhead.broker.problem import BrokerError
from bulkhead.broker.server import servers
from bulkhead.installation.state import process_started, session_members
from bulkhead.topology.derived import REDIS_URL, public_log_address, redis_servers
from bulkhead.topology.models import Topology
from bulkhead.topology.placing import HEAD
from bulkhead.topology.radius import BROKER
from chaos.kinds import SUPERVISOR
from chaos.victims import Process


class NotWhole(Exception):
    """What is to be failed does not work, or would not come back."""


class Failure(Protocol):
    """`victims`: the shards whose processes are killed, which others restart; none where a server is killed,
    which stays away until `restore`. `problem`: why it can't be brought back; empty: it can.
    """

    victims: Collection[str]
    problem: str

    def strike(self) -> None: ...

    def restore(self) -> None: ...


@dataclass(frozen=True)
class Elsewhere:
    """One actor's process on another node, where its pid means nothing here."""

    shard: str

    def kill(self) -> None:
        kill(self.shard)


@dataclass
class ShardsFailure:
    """kill -9 of every process of a boundary."""

    processes: Sequence[Process | Elsewhere]
    victims: Collection[str]
    problem: str = ""

    def strike(self) -> None:
        for process in self.processes:
            process.kill()

    def restore(self) -> None:
        """The supervisor's task, and Ray's of the supervisor."""


@dataclass
class ServerFailure:
    """kill -9 of a server of this machine; `start` starts it where its data are, and waits until it works."""

    pid: int
    start: Callable[[], object]
    victims: Collection[str] = ()
    problem: str = ""
    _thread: threading.Thread = field(default_factory=threading.Thread)

    def strike(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def restore(self) -> None:
        self._thread = threading.Thread(target=self._start, name="start of what was killed")
        self._thread.start()

    def _start(self) -> None:
        # Where it is a child of this process it is a zombie now, and its last threads hold its ports.
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        try:
            self.start()
        except BrokerError as problem:
            self.problem = str(problem)


@dataclass
class RayFailure:
    """kill -9 of the head, of Ray's processes, and so of every shard. `start` is an operator's `up`."""

    session: int
    start: Callable[[], object]
    victims: Collection[str] = ()
    problem: str = ""

    def strike(self) -> None:
        for pid in session_members(self.session):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @property
    def gone(self) -> bool:
        return not session_members(self.session)

    def restore(self) -> None:
        """Returns when every shard is ready."""
        self.start()


def of_boundary(status: Mapping[str, Any], boundary: str, has_supervisor: bool) -> ShardsFailure:
    """The processes that the running supervisor counts to a boundary, whatever the file says by now."""
    rows = [row for row in status["shards"] if row["boundary"] == boundary]
    found = [(str(row["replica_of"]), str(row["shard"]), int(row["pid"])) for row in rows]
    if has_supervisor:
        found.append((SUPERVISOR, SUPERVISOR, int(status["pid"])))
    elsewhere = {str(row["shard"]) for row in rows if row["node"] not in ("", HEAD)}
    processes: list[Process | Elsewhere] = []
    for _, name, pid in found:
        if name in elsewhere:
            processes.append(Elsewhere(name))
            continue
        started = process_started(pid) if pid else None
        if started is None:
            raise NotWhole(f"{name} does not run now: a boundary is failed when all of it works")
        processes.append(Process(name, pid, started))
    if not processes:
        raise NotWhole(
            f"the running exchange has no boundary {boundary!r}: the topology has changed since `up`"
        )
    return ShardsFailure(processes, {shard for shard, _, _ in found})


def server_of(topology: Topology, name: str, roots: Sequence[Path]) -> ServerFailure:
    """One that `bulkhead broker` has started, its state under one of `roots`. NotWhole: there is none."""
    if name == BROKER:
        wanted = urlsplit(public_log_address(topology)).netloc
    else:
        use = redis_servers(topology)[name][0]
        settings = topology.snapshots if use == "snapshots" else topology.views
        wanted = urlsplit(settings.url or REDIS_URL).netloc
    for root in roots:
        for server in servers(root):
            status = server.status()
            if status.running and urlsplit(status.service_url).netloc == wanted:
                return ServerFailure(status.pid, partial(server.start, lambda _: None))
    looked = ", ".join(map(str, roots))
    raise NotWhole(
        f"the {name} at {wanted} was not started by `bulkhead broker` here (looked in {looked}): "
        f"only such a one can be killed and started again"
    )
