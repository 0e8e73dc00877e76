"""What runs, as the state directory tells it, and what a killed head leaves behind."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.process import RAY_WAS_TOO_SLOW, StartFailed, start, stop_process, sweep
from bulkhead.installation.state import Installation, Running, process_started, session_members
from bulkhead.topology.load import load
from tests.support.running import SHIPPED, until

LEADER = """
import subprocess, sys
member = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
print(member.pid, flush=True)
sys.stdin.read()
"""


HEAD = """
import os, signal, sys
from pathlib import Path
from bulkhead.installation.state import Installation, Running, process_started
from bulkhead.topology.load import load
installation = Installation(load(Path(sys.argv[-2])), Path(sys.argv[-2]))
lives = installation.directory / "lives"
with lives.open("a") as written:
    written.write("x")
if len(lives.read_text()) <= {failures}:
    sys.exit({problem!r})
started = process_started(os.getpid())
installation.write_running(Running(pid=os.getpid(), started=started, state="ready"))
signal.pause()
"""
"""Stands for the head process: Ray's patience can't be ended on demand."""


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    file = tmp_path / "topology.yaml"
    file.write_text(SHIPPED.read_text())
    return Installation(load(file), file)


@pytest.fixture
def session() -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A process that leads a session, and another one in that session."""
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert leader.stdout is not None
    with leader:
        try:
            yield leader, int(leader.stdout.readline())
        finally:
            leader.kill()
            for pid in session_members(leader.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_a_session_has_its_leader_and_what_it_started(session: tuple["subprocess.Popen[str]", int]) -> None:
    leader, member = session
    assert session_members(leader.pid) == sorted([leader.pid, member])


def test_what_runs_is_the_process_that_was_written_down_not_another_one_with_its_number(
    installation: Installation, session: tuple["subprocess.Popen[str]", int]
) -> None:
    leader, _ = session
    assert installation.running() is None
    started = process_started(leader.pid)
    assert started is not None
    record = Running(pid=leader.pid, started=started, state="ready")
    installation.write_running(record)
    assert installation.running() == record
    assert installation.left_behind() is None
    installation.write_running(record.model_copy(update={"started": started - 1}))
    assert installation.running() is None
    assert installation.left_behind() is None
    sweep(installation)
    assert leader.poll() is None


def test_what_a_killed_head_leaves_behind_is_ended_and_forgotten(
    installation: Installation, session: tuple["subprocess.Popen[str]", int]
) -> None:
    leader, member = session
    installation.write_running(Running(pid=leader.pid, started=process_started(leader.pid) or 0.0))
    leader.kill()
    leader.wait()
    assert installation.running() is None
    assert installation.left_behind() == leader.pid
    assert process_started(member) is not None
    sweep(installation)
    until("the member has ended", lambda: process_started(member) is None)
    assert installation.left_behind() is None
    sweep(installation)  # with nothing to do


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, failures: int, problem: str) -> None:
    (folder / ".bulkhead" / "dev").mkdir(parents=True)
    head = folder / "head"
    head.write_text(f"#!{sys.executable}\n" + HEAD.format(failures=failures, problem=problem))
    head.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(head))


# It is let go on purpose: `up` ends, what it has started stays.
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_a_start_for_which_ray_had_no_patience_is_made_once_more(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, 1, f"Exception: The current node {RAY_WAS_TOO_SLOW}.")
    running = start(installation, lambda _: None)
    assert running.state == "ready"
    stop_process(installation, running.pid)


@pytest.mark.parametrize(("problem", "starts"), [(RAY_WAS_TOO_SLOW, 2), ("another problem", 1)])
def test_a_start_that_fails_again_or_otherwise_is_told(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str, starts: int
) -> None:
    pretend(monkeypatch, tmp_path, 9, problem)
    with pytest.raises(StartFailed, match="ended with status 1: read"):
        start(installation, lambda _: None)
    assert (installation.directory / "lives").read_text() == "x" * starts
