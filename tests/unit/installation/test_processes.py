"""What runs, as the state directory tells it, and what a killed head leaves behind."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.process import sweep
from bulkhead.installation.state import Installation, Running, process_started, session_members
from bulkhead.topology.load import load
from tests.support.running import SHIPPED, until

LEADER = """
import subprocess, sys
member = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
print(member.pid, flush=True)
sys.stdin.read()
"""


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
