import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bulkhead.log.sqlite.nudge import FALLBACK_WITHOUT_SOCKET_S, Listener, Nudger

LONG_S = 60.0


@pytest.fixture(params=["short", "long" * 50])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder whose path fits into a socket's address, and one whose path does not."""
    folder = tmp_path / str(request.param)
    folder.mkdir()
    return folder


@pytest.fixture
def nudger(folder: Path) -> Iterator[Nudger]:
    nudger = Nudger(folder)
    yield nudger
    nudger.close()


def test_a_nudge_ends_a_wait(folder: Path, nudger: Nudger) -> None:
    listener = Listener(folder)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(listener.wait, LONG_S)
        nudger.nudge()
        assert waiting.result()
    listener.close()


def test_a_nudge_that_came_before_the_wait_ends_it(folder: Path, nudger: Nudger) -> None:
    listener = Listener(folder)
    nudger.nudge()
    assert listener.wait(LONG_S)
    listener.close()


def test_every_listener_is_nudged_also_one_that_came_right_after_another(
    folder: Path, nudger: Nudger
) -> None:
    listeners = []
    for _ in range(5):
        listeners.append(Listener(folder))
        nudger.nudge()
    for listener in listeners:
        assert listener.wait(LONG_S)
        listener.close()


def test_a_listener_that_came_within_one_step_of_the_folders_clock_is_nudged(
    folder: Path, nudger: Nudger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Listener(folder)
    step_ns = folder.stat().st_mtime_ns
    monkeypatch.setattr("bulkhead.log.sqlite.nudge.time.time_ns", lambda: step_ns + 1_000_000)
    nudger.nudge()
    second = Listener(folder)
    os.utime(folder, ns=(step_ns, step_ns))
    nudger.nudge()
    assert first.wait(LONG_S)
    assert second.wait(LONG_S)
    first.close()
    second.close()


def test_more_nudges_than_a_socket_holds_do_no_harm(folder: Path, nudger: Nudger) -> None:
    listener = Listener(folder)
    for _ in range(2000):
        nudger.nudge()
    assert listener.wait(LONG_S)
    listener.close()


def test_what_a_killed_reader_left_is_removed(folder: Path, nudger: Nudger) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(f"/proc/self/fd/{descriptor}/1-left.sock")
    os.close(descriptor)
    listener = Listener(folder)
    nudger.nudge()
    assert listener.wait(LONG_S)
    listener.close()
    assert os.listdir(folder) == []
    nudger.nudge()


def test_a_wake_ends_a_wait_however_often_it_comes(folder: Path) -> None:
    listener = Listener(folder)
    for _ in range(100_000):
        listener.wake()
    assert listener.wait(LONG_S)
    listener.close()


def test_without_a_socket_a_reader_looks_more_often_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulkhead.log.sqlite.nudge._address", lambda *_: "x" * 200)
    with capture_logs() as logs:
        listener = Listener(tmp_path)
    assert listener.fallback_s == FALLBACK_WITHOUT_SOCKET_S
    assert [entry["event"] for entry in logs] == ["log_reader_without_nudge"]
    assert not listener.wait(0)
    listener.close()
