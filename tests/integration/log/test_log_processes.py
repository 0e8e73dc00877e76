"""What adapters do that promise several processes, and kill -9 of any of them."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.log.port import Log
from tests.integration.log.adapters import Adapter
from tests.integration.log.helpers import append, frames, numbered, parse_numbered, read

ROOT = Path(__file__).resolve().parents[3]


class Workers:
    """Starts worker.py processes on one log; whatever is left is killed at the end of the test."""

    def __init__(self, adapter: Adapter, place: Path) -> None:
        self._log = [adapter.name, str(place)]
        self._started: list[subprocess.Popen[str]] = []

    def start(self, command: str, *arguments: object) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.log.worker", command, *self._log, *map(str, arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._started.append(worker)
        return worker

    def end(self) -> None:
        for worker in self._started:
            with worker:
                worker.kill()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def shared_log(shared_adapter: Adapter, place: Path) -> Iterator[Log]:
    log = shared_adapter.open(place)
    log.create_topic("orders", 1)
    yield log
    log.close()


@pytest.fixture
def workers(shared_adapter: Adapter, place: Path) -> Iterator[Workers]:
    workers = Workers(shared_adapter, place)
    yield workers
    workers.end()


def lines(worker: subprocess.Popen[str]) -> list[str]:
    """Everything that a worker still prints, when it has ended."""
    assert worker.stdout is not None
    return worker.stdout.read().splitlines()


def line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def test_processes_append_and_read_at_once_and_all_see_one_order(shared_log: Log, workers: Workers) -> None:
    readers = [workers.start("read", "orders/0", 600) for _ in range(2)]
    assert [line(reader) for reader in readers] == ["ready", "ready"]
    writers = [workers.start("append", "orders/0", f"risk/{shard}", 200, 300) for shard in range(3)]
    for writer in writers:
        assert lines(writer)[-1] == "200"
    told = [line(reader).split() for reader in readers]
    assert told[0] == told[1]
    assert told[0][0] == "600"
    taken = [parse_numbered(frame) for frame in frames(shared_log.reader("orders/0", "a"), 600)]
    for shard in range(3):
        assert [number for sender, number in taken if sender == f"risk/{shard}"] == list(range(200))


def test_a_killed_writer_loses_nothing_confirmed_and_leaves_nothing_torn(
    shared_log: Log, workers: Workers
) -> None:
    reader = shared_log.reader("orders/0", "a")
    chance = random.Random(3)
    for attempt in range(5):
        producer = f"risk/{attempt}"
        writer = workers.start("append", "orders/0", producer, 1_000_000, chance.choice([10, 900, 9000]))
        for _ in range(chance.randrange(1, 60)):
            assert line(writer)
        writer.send_signal(signal.SIGKILL)
        confirmed = max(int(told) for told in ["0", *lines(writer)] if told.isdecimal())
        taken = [parse_numbered(record.frame) for record in read(reader, reader.lag())]
        assert taken == [(producer, number) for number in range(len(taken))]
        assert len(taken) >= confirmed
    append(shared_log.writer("orders/0", "risk/9"), b"goes on")
    assert frames(reader, 1) == [b"goes on"]


def test_a_killed_reader_holds_nobody_up(shared_log: Log, workers: Workers) -> None:
    writer = shared_log.writer("orders/0", "risk/0")
    append(writer, numbered("risk/0", 0, 10))
    killed = workers.start("read", "orders/0", 1_000_000)
    other = workers.start("read", "orders/0", 101)
    assert line(killed) == line(other) == "ready"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    for number in range(1, 101):
        append(writer, numbered("risk/0", number, 10))
    assert line(other).split()[0] == "101"
