"""Whom to break: what the supervisor says of every shard, watched in a thread of its own, and signals."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from actors.attach import call
from bulkhead.installation.state import process_started
from chaos.kinds import SUPERVISOR

LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Process:
    """One actor's process."""

    shard: str
    """the actor's name: the shard's, or, of a second replica, book/0.b"""
    pid: int
    started: float
    """in clock ticks since boot: a pid may be given again"""

    def lives(self) -> bool:
        return process_started(self.pid) == self.started

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """A process that has died meanwhile needs no waking."""
        if self.lives():
            os.kill(self.pid, signal.SIGCONT)


class Watch:
    """Asks the supervisor again and again; inside `attached`. With `with` it looks while the block lasts."""

    def __init__(self) -> None:
        self._running: dict[str, Process] = {}
        self._following: dict[str, Process] = {}
        self._halted: list[str] = []
        self.problem = ""
        """why nothing newer is known; empty while the supervisor answers"""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def running(self, shard: str) -> Process | None:
        """The shard's process, of two replicas the primary, if it was last seen running and still lives."""
        return _living(self._running.get(shard))

    def following(self, shard: str) -> Process | None:
        """The replica that is not the primary."""
        return _living(self._following.get(shard))

    @property
    def halted(self) -> list[str]:
        """Why boundaries are halted; empty while none is."""
        return self._halted

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._look(call(SUPERVISOR, "status"))
                self.problem = ""
            except Exception as problem:  # noqa: BLE001 - Ray tells of a killed supervisor in many ways
                self.problem = f"the supervisor does not answer: {problem}"
            self._stop.wait(LOOK_EVERY_S)

    def _look(self, status: dict[str, Any]) -> None:
        running: dict[str, Process] = {}
        following: dict[str, Process] = {}
        supervisor = {"shard": SUPERVISOR, "replica_of": SUPERVISOR, "role": "", "pid": status["pid"]}
        for row in (supervisor, *(row for row in status["shards"] if row["state"] == "running")):
            pid = int(row["pid"])
            started = process_started(pid)
            if started is not None:
                found = following if row["role"] in ("standby", "active") else running
                found[row["replica_of"]] = Process(row["shard"], pid, started)
        self._running, self._following = running, following
        self._halted = [b["halted"] for b in status["boundaries"].values() if b["halted"]]


def _living(process: Process | None) -> Process | None:
    return process if process is not None and process.lives() else None


@contextmanager
def resumed_on_error(process: Process) -> Iterator[None]:
    """A stopped process is resumed when the block raises."""
    try:
        yield
    except BaseException:
        process.resume()
        raise


class Pause:
    """One process stopped for a while."""

    def __init__(self, process: Process, for_s: float) -> None:
        self._process = process
        process.pause()
        self._ends_at = time.monotonic() + for_s

    def ended(self) -> bool:
        """Whether the time is over; then it was resumed."""
        over = time.monotonic() >= self._ends_at
        if over:
            self._process.resume()
        return over
