"""Starting and ending the head process, and with it everything that it started."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bulkhead.installation.state import Installation, Running, process_started, session_members

STOP_TIMEOUT_S = 30.0
RAY_WAS_TOO_SLOW = "timed out during startup"
"""What Ray says when its own node has not answered in 30 s, which nothing can set: a machine that does much
else takes longer now and then.
"""


class StartFailed(Exception):
    """The exchange did not start; the text says why and where to read on."""


def start(installation: Installation, progress: Callable[[Running], None]) -> Running:
    """Start the head process in a session of its own and wait until every shard is ready.

    Once more where Ray has lost its patience with the machine. StartFailed says why there is nothing.
    """
    try:
        return _start(installation, progress)
    except StartFailed:
        if RAY_WAS_TOO_SLOW not in installation.head_log.read_text(errors="replace"):
            raise
    return _start(installation, progress)


def _start(installation: Installation, progress: Callable[[Running], None]) -> Running:
    sweep(installation)
    installation.ray_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(installation.head_log, "wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "actors.head", str(installation.file), installation.engine or ""),
                *(["--dashboard"] if installation.dashboard else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=Path(__file__).parents[1],
        )
    try:
        while True:
            running = installation.running()
            if running is not None and running.pid == process.pid:
                progress(running)
                if running.state == "ready":
                    return running
                if running.state == "failed":
                    raise StartFailed(
                        f"{running.problem}\nThe whole story is in {installation.head_log} and, by process, "
                        f"in {installation.logs_kept}"
                    )
            if process.poll() is not None:
                raise StartFailed(
                    f"the head process ended with status {process.returncode}: read {installation.head_log}"
                )
            time.sleep(0.05)
    except BaseException:
        stop_process(installation, process.pid)
        raise


def stop_process(installation: Installation, pid: int) -> None:
    """End the head process; then whatever of its session is left."""
    _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while process_started(pid) is not None and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(0.05)
    end_session(pid)
    _reap(pid)
    installation.forget_running()
    _clear(installation)


def _clear(installation: Installation) -> None:
    """Remove what Ray leaves, but for its processes' logs: whoever is on call wants them after the end."""
    logs = installation.ray_directory / "session_latest" / "logs"
    if logs.exists():
        shutil.rmtree(installation.logs_kept, ignore_errors=True)
        shutil.copytree(logs, installation.logs_kept, ignore_dangling_symlinks=True)
    shutil.rmtree(installation.ray_directory, ignore_errors=True)


def _reap(pid: int) -> None:
    """If it is a child of this process, collect it."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def sweep(installation: Installation) -> None:
    """End what a head that was killed has left running: some of Ray's own processes, for minutes."""
    session = installation.left_behind()
    if session is not None:
        end_session(session)
        installation.forget_running()
        _clear(installation)


def end_session(session: int) -> None:
    """kill -9 of every process of it, until none is left."""
    while members := session_members(session):
        for pid in members:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.01)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
