"""A shard's process that is paused, replaced by a second one, and wakes up."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import apsw

from chaos.stopping import stop
from tests.support.disturbed import Disturbance
from tests.support.running import ROOT, RunningExchange, shards_by_name, until

PAUSES_MAX = 20
"""A process under load is within a transaction for less than a third of the time."""
LOCKED_MS = 1000
"""Nobody who runs holds a partition's lock for so long; a partition has many writers."""


class SecondProcess:
    """Of a shard, by hand; with `with` it ends when the block does."""

    def __init__(self, exchange: RunningExchange, shard: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.second_process", str(exchange.topology_file), shard],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def says(self, wanted: str) -> str:
        """The first line that it prints, from now on, that matches."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if re.match(wanted, line):
                return line.strip()
        raise AssertionError(f"it ended without having said {wanted!r}")

    def __enter__(self) -> "SecondProcess":
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(30)
            finally:
                self._process.kill()


def pause_between_writes(pid: int, log_address: str) -> None:
    """Stop a process at a moment when no other needs it in order to write to the log.

    On the embedded log a process that is stopped within a transaction keeps that partition's write lock until
    it is woken or killed: nobody can take its place before that (docs/reliability.md).
    """
    for _ in range(PAUSES_MAX):
        assert stop(pid), f"process {pid} does not stop"
        if not _holds_a_lock(log_address):
            return
        os.kill(pid, signal.SIGCONT)
    raise AssertionError(f"stopped {PAUSES_MAX} times, process {pid} always held a lock")


def _holds_a_lock(log_address: str) -> bool:
    """Whether some partition of an embedded log can't be written, and stays so."""
    adapter, _, folder = log_address.partition("://")
    if adapter != "sqlite":
        return False
    return any(_locked(segment) for segment in Path(folder).rglob("*.segment"))


def _locked(segment: Path) -> bool:
    connection = apsw.Connection(str(segment), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(LOCKED_MS)
        connection.execute("begin immediate; rollback")
    except apsw.BusyError:
        return True
    finally:
        connection.close()
    return False


def pause_replace_and_wake(
    exchange: RunningExchange,
    shard: str,
    disturbance: Disturbance,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Pause the supervisor's process, go on with another, wake the first, which is told; then kill it: the
    supervisor starts a third, which supersedes the second while that works. `look` is called while the first
    is superseded.
    """
    first = int(shards_by_name()[shard]["pid"])
    with ExitStack() as stack:
        stack.callback(_continue, first)
        pause_between_writes(first, exchange.installation.log_address)
        second = stack.enter_context(SecondProcess(exchange, shard))
        second.says("running")
        disturbance.goes_on()
        os.kill(first, signal.SIGCONT)
        row = until("the first is told", lambda: _superseded(shard))
        told = row["last_error"]
        assert re.match(rf"pid {second.pid} on .* has taken leases.{shard} from pid {first} on", told)
        look()
        disturbance.goes_on()
        os.kill(first, signal.SIGKILL)
        told = second.says("superseded")
        third = int(until("a third runs", lambda: _running(shard, first))["pid"])
        assert re.match(rf"superseded pid {third} on .* from pid {second.pid} on", told)
        disturbance.goes_on()


def _continue(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def _superseded(shard: str) -> dict[str, str] | None:
    row = shards_by_name()[shard]
    return row if row["state"] == "superseded" else None


def _running(shard: str, other_than: int) -> dict[str, str] | None:
    row = shards_by_name()[shard]
    return row if row["state"] == "running" and row["pid"] != other_than else None
