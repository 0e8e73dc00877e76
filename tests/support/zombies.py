"""A shard's process that is paused, replaced by a second one, and wakes up."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack

from tests.support.disturbed import Disturbance
from tests.support.running import ROOT, RunningExchange, shards_by_name, until


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
        os.kill(first, signal.SIGSTOP)
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
