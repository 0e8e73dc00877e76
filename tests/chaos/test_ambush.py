"""What strikes: a process is caught in the wanted step, a killed server is started when it is gone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.broker.problem import BrokerError
from bulkhead.installation.state import process_started
from bulkhead.runtime.steps import Step, read_step, step_path
from chaos.ambush import Ambush
from chaos.servers import KilledServer
from chaos.victims import Process
from tests.support.running import ROOT, until

LOOP = """
import sys, time
from pathlib import Path
from bulkhead.runtime.steps import Step, StepFile
tell = StepFile(Path(sys.argv[1])).tell
while True:
    for step in (Step.RECEIVE, Step.APPLY, Step.PUBLISH, Step.CONFIRM):
        tell(step)
        time.sleep(0.001)
"""


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    return step_path(tmp_path, "risk/0")


@pytest.fixture
def looping(steps: Path) -> Iterator[Process]:
    """A process that goes through four of the steps again and again."""
    with subprocess.Popen([sys.executable, "-c", LOOP, str(steps)], cwd=ROOT) as child:
        try:
            until("it loops", lambda: read_step(steps))
            yield Process("risk/0", child.pid, process_started(child.pid) or 0.0)
        finally:
            child.kill()


def state(process: Process) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("step", [Step.RECEIVE, Step.PUBLISH])
def test_a_process_is_stopped_in_the_step_that_was_waited_for(
    looping: Process, steps: Path, step: Step
) -> None:
    with Ambush() as ambush:

        def caught() -> bool:
            ambush.lie_in_wait(looping, steps, step)
            return ambush.caught()

        until(f"it is caught in {step!r}", caught)
        assert state(looping) == "T"
        assert read_step(steps) is step
        looping.resume()
        until("it goes on", lambda: read_step(steps) is not step)


def test_a_process_that_does_not_come_to_the_step_runs_on(looping: Process, steps: Path) -> None:
    with Ambush() as ambush:
        ambush.lie_in_wait(looping, steps, Step.ACKNOWLEDGE)
        assert not ambush.caught()
        until("it goes on", lambda: state(looping) != "T")


def test_a_process_that_nobody_comes_for_runs_on(looping: Process, steps: Path) -> None:
    with Ambush() as ambush:
        ambush.lie_in_wait(looping, steps, Step.PUBLISH)
        until("it is caught", lambda: not ambush.waiting)
    until("it goes on", lambda: state(looping) != "T")


def test_a_process_that_has_died_is_not_caught(looping: Process, steps: Path) -> None:
    looping.kill()
    until("it is gone", lambda: not looping.lives())
    with Ambush() as ambush:
        ambush.lie_in_wait(looping, steps, read_step(steps) or Step.RECEIVE)
        assert not ambush.caught()


def sleeper() -> "subprocess.Popen[bytes]":
    child = subprocess.Popen(["sleep", "600"])
    child.returncode = 0  # as bulkhead.broker.server leaves its servers: nobody waits for it here
    return child


def test_a_server_is_killed_and_started_again_when_nothing_of_it_is_left() -> None:
    child = sleeper()
    there_at_start: list[bool] = []
    server = KilledServer(
        "redis", lambda: child.pid, lambda: there_at_start.append(Path(f"/proc/{child.pid}").exists())
    )
    server.kill()
    until("it is back", lambda: server.back)
    server.settle()
    assert there_at_start == [False]


def test_a_server_that_does_not_start_again_is_told() -> None:
    child = sleeper()

    def start() -> None:
        raise BrokerError("no room")

    server = KilledServer("broker", lambda: child.pid, start)
    server.kill()
    server.settle()
    with pytest.raises(BrokerError, match="no room"):
        _ = server.back
