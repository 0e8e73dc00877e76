"""Hearts and those who listen to them, over real sockets."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bulkhead.runtime.heartbeat import Heart, Watch

PATIENT_S = 3600.0
WAIT_S = 60.0
CHILD = """
import sys
from bulkhead.runtime.heartbeat import Heart
heart = Heart()
heart.start(lambda: True)
print(heart.name, flush=True)
sys.stdin.read()
"""


class Listener:
    """A watch, and whether it has suspected somebody."""

    def __init__(self, after_s: float = PATIENT_S) -> None:
        self.woken = threading.Event()
        self.watch = Watch(after_s, self.woken.set)

    def suspects(self) -> bool:
        """Waits for it."""
        return self.woken.wait(WAIT_S) and self.watch.suspects


@pytest.fixture(name="stack")
def _stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _listener(stack: ExitStack, after_s: float = PATIENT_S) -> Listener:
    listener = Listener(after_s)
    stack.callback(listener.watch.close)
    return listener


def _child(stack: ExitStack) -> tuple[subprocess.Popen[str], str]:
    """A process with a heart, and that heart's name."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    stack.enter_context(process)
    stack.callback(process.kill)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def _until_watched(heart: Heart) -> None:
    asked = threading.Event()
    while not heart.watched:
        asked.wait(0.01)


def test_nobody_is_suspected_after_the_time_that_one_may_be_missing(stack: ExitStack) -> None:
    assert _listener(stack, after_s=0.05).suspects()


def test_a_process_that_is_killed_is_suspected_at_once(stack: ExitStack) -> None:
    process, name = _child(stack)
    listener = _listener(stack)
    listener.watch.follow(name)
    os.kill(process.pid, signal.SIGKILL)
    assert listener.suspects()


def test_a_process_that_is_stopped_falls_silent_and_is_heard_again_when_it_goes_on(stack: ExitStack) -> None:
    process, name = _child(stack)
    listener = _listener(stack, after_s=0.5)
    listener.watch.follow(name)
    os.kill(process.pid, signal.SIGSTOP)
    assert listener.suspects()
    os.kill(process.pid, signal.SIGCONT)
    waited = threading.Event()
    while listener.watch.suspects:
        waited.wait(0.01)


def test_a_heart_whose_owner_does_not_go_on_is_silent(stack: ExitStack) -> None:
    heart = Heart()
    heart.start(lambda: False)
    stack.callback(heart.close)
    listener = _listener(stack, after_s=0.2)
    listener.watch.follow(heart.name)
    assert listener.suspects()


def test_another_process_on_the_same_port_is_not_the_primary(stack: ExitStack) -> None:
    heart = Heart()
    heart.start(lambda: True)
    stack.callback(heart.close)
    listener = _listener(stack)
    listener.watch.follow("pid 1 on elsewhere at " + heart.name.rpartition(" at ")[2])
    assert listener.suspects()


@pytest.mark.parametrize("name", ["pid 1 on somewhere", "pid 1 at 127.0.0.1:1"])
def test_a_holder_that_cannot_be_reached_is_suspected(stack: ExitStack, name: str) -> None:
    listener = _listener(stack)
    listener.watch.follow(name)
    assert listener.suspects()


def test_a_heart_that_is_closed_is_taken_for_a_death(stack: ExitStack) -> None:
    heart = Heart()
    heart.start(lambda: True)
    listener = _listener(stack)
    listener.watch.follow(heart.name)
    _until_watched(heart)
    heart.close()
    assert listener.suspects()


def test_following_another_ends_the_suspicion_of_the_one_before(stack: ExitStack) -> None:
    heart = Heart()
    heart.start(lambda: True)
    stack.callback(heart.close)
    listener = _listener(stack)
    listener.watch.follow("pid 1 on somewhere")
    assert listener.suspects()
    listener.watch.follow(heart.name)
    _until_watched(heart)
    assert not listener.watch.suspects
