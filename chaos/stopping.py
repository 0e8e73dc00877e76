"""Stops a process, and knows when it has stopped.

A signal only asks: a thread that is on its way into the kernel, or waits for a core, gets on for a while, and
may take a lock of the log meanwhile. Who looks what a stopped process holds has to wait for its threads.
"""

import os
import signal
import time
from pathlib import Path

TIMEOUT_S = 5.0
"""A thread that waits for the disk stops when the disk has answered."""


def stop(pid: int) -> bool:
    """Stop it and wait until every thread of it has stopped; whether they have."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + TIMEOUT_S
    while (states := set(_states(pid))) != {"T"}:
        if "Z" in states or time.monotonic() > deadline:
            return False
    return True


def _states(pid: int) -> list[str]:
    """Of all threads of a process, as proc(5) abbreviates them: T stopped, Z a zombie."""
    states = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            states.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
    return states
