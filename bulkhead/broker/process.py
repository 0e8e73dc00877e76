"""A process told apart from a later one that was given the same number."""

import os
import signal
import time
from pathlib import Path


def started_at(pid: int) -> int | None:
    """When a live process began, in clock ticks since boot; None where there is none, or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def end(pid: int, started: int, timeout_s: float) -> None:
    """SIGTERM, and SIGKILL when it has not ended in `timeout_s`; nothing if the process is another by now."""
    for number, patience_s in ((signal.SIGTERM, timeout_s), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + patience_s
        if started_at(pid) != started:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        while started_at(pid) == started and time.monotonic() < deadline:
            _reap(pid)
            time.sleep(0.05)


def _reap(pid: int) -> None:
    """A child of this process that has ended stays a zombie until its parent has asked for it."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
