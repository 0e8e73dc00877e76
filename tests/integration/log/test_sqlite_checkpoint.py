"""The checkpointer without its thread: one round at a time. And how its thread ends."""

import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any

import pytest
from structlog.testing import capture_logs

from bulkhead.log.sqlite import checkpoint, segments
from bulkhead.log.sqlite.checkpoint import Checkpointer
from bulkhead.log.sqlite.reader import SqliteReader
from bulkhead.log.sqlite.writer import SqliteWriter
from tests.integration.log.helpers import append, frames
from tests.support.running import DEADLINE_S

SEGMENT_BYTES = 50_000_000
WAL_BYTES = 1_000_000


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "WAL_BYTES", WAL_BYTES)
    monkeypatch.setattr(checkpoint, "WORRYING_BYTES", 2 * WAL_BYTES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    segments.create(tmp_path, 1)
    return tmp_path


@pytest.fixture
def checkpointer() -> Iterator[Checkpointer]:
    checkpointer = Checkpointer(SEGMENT_BYTES)
    yield checkpointer
    checkpointer.close()


@pytest.fixture
def writer(folder: Path, checkpointer: Checkpointer) -> Iterator[SqliteWriter]:
    writer = SqliteWriter(folder, "orders/0", "normal", SEGMENT_BYTES, checkpointer)
    yield writer
    writer.close()


def look_at(checkpointer: Checkpointer, folder: Path) -> None:
    """One round over segment 1, as if its last checkpoint were long ago."""
    os.utime(segments.path(folder, 1), (0, 0))
    checkpointer.touched(folder, 1)
    checkpointer.round()


def wal_bytes(folder: Path) -> int:
    return Path(f"{segments.path(folder, 1)}-wal").stat().st_size


def test_the_write_ahead_log_stays_small_under_load_with_or_without_a_reader(
    folder: Path, checkpointer: Checkpointer, writer: SqliteWriter
) -> None:
    for _ in range(15):
        # More than the limit in each round: a passive checkpoint alone would let it grow.
        append(writer, *(b"x" * 50_000 for _ in range(30)))
        look_at(checkpointer, folder)
    assert wal_bytes(folder) < 4 * WAL_BYTES
    assert segments.path(folder, 1).stat().st_size > 15 * WAL_BYTES


def test_a_checkpoint_that_a_forgotten_read_transaction_holds_up_is_told_once(
    folder: Path, checkpointer: Checkpointer, writer: SqliteWriter
) -> None:
    append(writer, b"one")
    forgotten = segments.connect(folder, 1)
    forgotten.execute("begin")
    assert segments.first(forgotten) == 1
    with capture_logs() as logs:
        for _ in range(3):
            append(writer, *(b"x" * 50_000 for _ in range(30)))
            look_at(checkpointer, folder)
        forgotten.execute("commit")
        look_at(checkpointer, folder)
    forgotten.close()
    assert [entry["event"] for entry in logs] == ["log_checkpoint_fails", "log_checkpoint_recovered"]
    assert logs[0]["wal_bytes"] > 2 * WAL_BYTES


def test_a_file_that_someone_has_just_checkpointed_waits_for_the_next_round(
    folder: Path, checkpointer: Checkpointer, writer: SqliteWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(writer, b"x" * 50_000)
    written = segments.path(folder, 1).stat().st_mtime
    monkeypatch.setattr("bulkhead.log.sqlite.checkpoint.time.time", lambda: written + 0.05)
    checkpointer.round()
    assert segments.path(folder, 1).stat().st_size < 50_000
    monkeypatch.setattr("bulkhead.log.sqlite.checkpoint.time.time", lambda: written + 0.15)
    checkpointer.round()
    assert segments.path(folder, 1).stat().st_size > 50_000


def test_the_next_segment_is_made_ahead_and_not_used_yet(
    folder: Path, checkpointer: Checkpointer, writer: SqliteWriter
) -> None:
    append(writer, b"x" * (SEGMENT_BYTES * 6 // 10))
    look_at(checkpointer, folder)
    assert segments.numbers(folder) == [1, 2]
    append(writer, b"still in the first")
    reader = SqliteReader(folder, "orders/0", "a", checkpointer)
    assert len(frames(reader, 2)) == 2
    assert not reader.receive(1, 0)
    reader.close()


def test_a_segment_that_retention_has_taken_is_forgotten(
    folder: Path, checkpointer: Checkpointer, writer: SqliteWriter
) -> None:
    checkpointer.touched(folder / "gone", 1)
    with capture_logs() as logs:
        checkpointer.round()
        look_at(checkpointer, folder)
    assert logs == []


def closes(checkpointer: Checkpointer) -> bool:
    closing = Thread(target=checkpointer.close, daemon=True)
    closing.start()
    closing.join(DEADLINE_S)
    return not closing.is_alive()


def test_it_can_be_closed_at_the_moment_at_which_a_round_begins(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `close` put there to wake it was once taken for the sign of new work: 4 of 108 hung for ever."""
    monkeypatch.setattr(checkpoint, "INTERVAL_S", 0.001)
    for _ in range(500):
        checkpointer = Checkpointer(SEGMENT_BYTES)
        checkpointer.start()
        checkpointer.touched(folder / "gone", 1)
        time.sleep(checkpoint.INTERVAL_S)  # not to wait for anything: to meet the round's beginning
        assert closes(checkpointer)


def test_it_can_be_closed_wherever_ctrl_c_comes_while_something_is_touched(folder: Path) -> None:
    """An Event's lock once stayed locked by that, for two of the moments."""
    moment = itertools.count(1)
    while True:
        checkpointer = Checkpointer(SEGMENT_BYTES)
        checkpointer.start()
        interrupted = interrupt(next(moment), lambda touch=checkpointer.touched: touch(folder / "gone", 1))  # type: ignore[misc]
        assert closes(checkpointer)
        if not interrupted:
            return


def interrupt(moment: int, action: Callable[[], None]) -> bool:
    """Raise KeyboardInterrupt at the `moment`th end of a call that `action` makes; whether there was one."""
    returns = itertools.count(1)

    def ended(_frame: FrameType, event: str, _: Any) -> None:
        if event in ("return", "c_return") and next(returns) == moment:
            sys.setprofile(None)
            raise KeyboardInterrupt

    sys.setprofile(ended)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)
    return False
