"""What only the embedded log can get into: segments, damage, full disks, locks, versions."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.open import open_log
from bulkhead.log.port import Record
from bulkhead.log.sqlite import segments
from bulkhead.log.sqlite import writer as writer_module
from bulkhead.log.sqlite.log import SqliteLog, check_sqlite
from bulkhead.log.sqlite.nudge import Nudger
from bulkhead.log.sqlite.reader import SqliteReader
from tests.integration.log.helpers import append, frames, numbered, read

ROOT = Path(__file__).resolve().parents[3]
SEGMENT_BYTES = 20_000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    """A log with tiny segments and a topic orders of one partition."""
    log = SqliteLog(tmp_path, segment_bytes=SEGMENT_BYTES)
    log.create_topic("orders", 1)
    yield log
    log.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "orders" / "0"


def tamper(file: Path, statement: str) -> None:
    connection = apsw.Connection(str(file))
    connection.execute(statement)
    connection.close()


def test_a_full_segment_is_sealed_and_the_next_one_begun(log: SqliteLog, folder: Path) -> None:
    append(log.writer("orders/0", "risk/0"), b"x" * 3000)
    writer = log.writer("orders/0", "risk/0")
    for number in range(60):
        append(writer, numbered("risk/0", number, 3000))
    assert len(segments.numbers(folder)) > 5
    assert all(segments.path(folder, n).stat().st_size < 2 * SEGMENT_BYTES for n in segments.numbers(folder))
    assert len(frames(log.reader("orders/0", "a"), 61)) == 61


def test_a_writer_that_others_have_left_behind_goes_on_in_the_active_segment(log: SqliteLog) -> None:
    idle, busy = log.writer("orders/0", "risk/0"), log.writer("orders/0", "risk/1")
    append(idle, b"first")
    for number in range(30):
        append(busy, numbered("risk/1", number, 3000))
    append(idle, b"last")
    taken = frames(log.reader("orders/0", "a"), 32)
    assert (len(taken), taken[0], taken[-1]) == (32, b"first", b"last")


def test_a_sealed_segment_gets_no_frame_even_from_a_writer_for_whom_it_is_not_full(
    log: SqliteLog, folder: Path
) -> None:
    roomy = SqliteLog(folder.parents[1])
    patient, busy = roomy.writer("orders/0", "risk/0"), log.writer("orders/0", "risk/1")
    for number in range(10):
        append(busy, numbered("risk/1", number, 3000))
    append(patient, b"last")
    taken = frames(log.reader("orders/0", "a"), 11)
    assert (len(taken), taken[-1]) == (11, b"last")
    roomy.close()


def test_a_reader_misses_nothing_that_is_appended_and_sealed_between_its_two_looks(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [numbered("risk/0", number, 3000) for number in range(30)]
    writer, reader = log.writer("orders/0", "risk/0"), log.reader("orders/0", "a")
    look = SqliteReader._following
    later = list(expected)

    def look_just_before_others_append(self: SqliteReader, bytes_max: int) -> list[Record]:
        seen = look(self, bytes_max)
        while later:
            append(writer, later.pop(0))
        return seen

    monkeypatch.setattr(SqliteReader, "_following", look_just_before_others_append)
    assert frames(reader, 30) == expected


def test_a_frame_larger_than_a_segment_fits(log: SqliteLog) -> None:
    large = [numbered("risk/0", number, 5 * SEGMENT_BYTES) for number in range(3)]
    append(log.writer("orders/0", "risk/0"), *large)
    assert frames(log.reader("orders/0", "a"), 3) == large


def test_segments_that_retention_took_are_missed_by_nobody_who_is_past_them(
    log: SqliteLog, folder: Path
) -> None:
    writer = log.writer("orders/0", "risk/0")
    for number in range(30):
        append(writer, numbered("risk/0", number, 3000))
    everything = read(log.reader("orders/0", "a"), 30)
    log.close()
    kept = segments.numbers(folder)[3:]
    for number in range(1, kept[0]):
        segments.path(folder, number).unlink()
    later = SqliteLog(folder.parents[1], segment_bytes=SEGMENT_BYTES)
    reader = later.reader("orders/0", "a")
    rest = read(reader, reader.lag())
    assert rest == everything[-len(rest) :]
    reader.seek(everything[-len(rest) - 1].position)
    assert read(reader, len(rest)) == rest
    with pytest.raises(FatalError, match=r"is gone, the log begins at"):
        reader.seek(everything[0].position)
    later.close()


def test_many_makers_of_one_segment_make_one_whole_segment(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: segments.create(tmp_path, 1), range(16)))
    assert os.listdir(tmp_path) == ["00000001.segment"]
    assert segments.end(tmp_path) == 0


def test_a_topic_that_was_half_made_is_finished(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    log.create_topic("orders", 1)
    (tmp_path / "orders" / "1").mkdir()
    assert log.topics() == {"orders": 1}
    log.create_topic("orders", 3)
    assert log.topics() == {"orders": 3}
    append(log.writer("orders/1", "risk/0"), b"one")
    log.close()


def test_a_lost_tail_is_fatal_to_whoever_was_past_it(log: SqliteLog, folder: Path) -> None:
    append(log.writer("orders/0", "risk/0"), b"one", b"two", b"three")
    position = read(log.reader("orders/0", "a"), 3)[-1].position
    log.close()
    tamper(segments.path(folder, 1), "delete from f where off = 3")
    later = SqliteLog(folder.parents[1])
    with pytest.raises(FatalError, match="lost its tail"):
        later.reader("orders/0", "a").seek(position)
    later.close()


def test_a_lost_tail_that_others_have_filled_again_is_fatal_to_whoever_was_past_it(
    log: SqliteLog, folder: Path
) -> None:
    """Found by the simulation: the position lay within the log again, and nobody noticed."""
    append(log.writer("orders/0", "risk/0"), b"one", b"two", b"three")
    before, position = (record.position for record in read(log.reader("orders/0", "a"), 3)[1:])
    log.close()
    tamper(segments.path(folder, 1), "delete from f where off = 3")
    later = SqliteLog(folder.parents[1])
    append(later.writer("orders/0", "risk/0"), b"other", b"four")
    reader = later.reader("orders/0", "a")
    with pytest.raises(FatalError, match="stands another frame than when it was told"):
        reader.seek(position)
    reader.seek(before)
    assert frames(reader, 2) == [b"other", b"four"]
    later.close()


@pytest.mark.parametrize("lost", [1, 2, 4])
def test_a_frame_lost_from_the_middle_is_fatal_and_the_place_named(
    log: SqliteLog, folder: Path, lost: int
) -> None:
    append(log.writer("orders/0", "risk/0"), b"one", b"two", b"three", b"four", b"five")
    reader = log.reader("orders/0", "a")
    tamper(segments.path(folder, 1), f"delete from f where off = {lost}")
    with pytest.raises(FatalError, match=rf"after offset {lost - 1} comes {lost + 1}: .*lost frames"):
        read(reader, 5)
    assert reader.lag() == 5


def test_a_sealed_segment_that_lost_its_last_frames_is_fatal(log: SqliteLog, folder: Path) -> None:
    writer = log.writer("orders/0", "risk/0")
    for _ in range(20):
        append(writer, b"x" * 3000)
    tamper(segments.path(folder, 1), "delete from f where off = (select max(off) from f)")
    with pytest.raises(FatalError, match="lost frames"):
        read(log.reader("orders/0", "a"), 20)


def test_a_file_that_is_no_segment_is_fatal_and_named(log: SqliteLog, folder: Path) -> None:
    tamper(segments.path(folder, 1), "pragma user_version = 2")
    with pytest.raises(FatalError, match=r"00000001\.segment is no log segment of version 1"):
        log.reader("orders/0", "a")
    segments.path(folder, 1).write_bytes(b"garbage" * 1000)
    with pytest.raises(FatalError, match="not a database"):
        log.writer("orders/0", "a")


def test_a_missing_segment_is_fatal_and_named(log: SqliteLog, folder: Path) -> None:
    writer = log.writer("orders/0", "risk/0")
    for _ in range(20):
        append(writer, b"x" * 3000)
    segments.path(folder, 2).unlink()
    with pytest.raises(FatalError, match=r"00000002\.segment is missing"):
        read(log.reader("orders/0", "a"), 20)


def test_a_lock_that_another_holds_too_long_is_temporary_and_the_queue_kept(
    log: SqliteLog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = log.writer("orders/0", "risk/0")
    holder = apsw.Connection(str(segments.path(folder, 1)))
    holder.execute("begin immediate")
    writer.send(b"one", 1)
    assert (writer.poll(), writer.pending()) == (0, 1)
    monkeypatch.setattr(writer_module, "PATIENCE_S", 0.0)
    with pytest.raises(TemporaryError, match="orders/0: another process has held the lock"):
        writer.poll()
    holder.close()
    append(writer)
    assert (writer.poll(), writer.pending()) == (1, 0)


def test_a_reader_leaves_the_rest_of_a_batch_without_holding_the_log(log: SqliteLog, folder: Path) -> None:
    append(log.writer("orders/0", "risk/0"), b"one", b"two", b"three")
    reader = log.reader("orders/0", "a")
    assert [record.frame for record in reader.receive(3, 0)] == [b"one"]
    other = apsw.Connection(str(segments.path(folder, 1)))
    assert segments.first(other) == 1
    # TRUNCATE fails as long as anyone reads from the write-ahead log.
    assert other.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE) == (0, 0)
    other.close()
    assert frames(reader, 2) == [b"two", b"three"]


FULL_DISK = """
import resource, sys
from bulkhead.errors import TemporaryError
from bulkhead.log.sqlite.log import SqliteLog
from tests.integration.log.helpers import numbered

log = SqliteLog(sys.argv[1], durability=sys.argv[2])
writer = log.writer("orders/0", "risk/0")
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
sent = refused = 0
while not refused:
    writer.send(numbered("risk/0", sent, 7000), sent + 1)
    sent += 1
    try:
        confirmed = writer.poll(1.0)
    except TemporaryError as error:
        print(error)
        refused += 1
for _ in range(3):
    try:
        writer.poll(1.0)
    except TemporaryError:
        refused += 1
assert writer.pending() == sent - confirmed > 0, (writer.pending(), sent, confirmed)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for _ in range(50):
    writer.send(numbered("risk/0", sent, 7000), sent + 1)
    sent += 1
while writer.pending():
    writer.poll(1.0)
assert writer.poll() == sent
log.close()
print(sent)
"""


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_a_file_that_can_not_grow_is_temporary_and_nothing_is_lost_once_it_can(
    tmp_path: Path, durability: str
) -> None:
    log = SqliteLog(tmp_path, durability=durability)
    log.create_topic("orders", 1)
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), durability],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "make room on the disk" in told[0]
    sent = int(told[-1])
    expected = [numbered("risk/0", number, 7000) for number in range(sent)]
    assert frames(log.reader("orders/0", "a"), sent) == expected
    log.close()


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.51.2"])
def test_an_sqlite_with_the_reset_bug_is_refused(version: str) -> None:
    with pytest.raises(FatalError, match=r"at least 3\.51\.3"):
        check_sqlite(version)


def test_an_sqlite_without_the_reset_bug_is_taken() -> None:
    for version in ("3.51.3", "3.54.0", "4.0.0", apsw.sqlite_lib_version()):
        check_sqlite(version)


def test_acknowledgements_are_kept_beside_the_segments(log: SqliteLog, folder: Path) -> None:
    append(log.writer("orders/0", "risk/0"), b"one", b"two")
    reader = log.reader("orders/0", "book/0")
    for record in read(reader, 2):
        reader.acknowledge(record.position)
    assert (folder / "subscriptions" / "book%2F0").read_bytes() == record.position[:8]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/tmp/x",
        "memory:",
        "memory:x?y=1",
        "pulsar:/x",
        "sqlite:",
        "sqlite:relative",
        "sqlite:/x#y",
        "sqlite://host/x",
        "sqlite:/x?durability=some",
        "sqlite:/x?y=1",
    ],
)
def test_an_address_that_is_none_is_refused_with_what_is_allowed(address: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: sqlite:/absolute/folder.*memory:NAME"):
        open_log(address)


def test_a_nudge_that_got_lost_only_delays(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = log.reader("orders/0", "a")
    writer = log.writer("orders/0", "risk/0")
    monkeypatch.setattr(Nudger, "nudge", lambda _: None)
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(read, reader, 1)
        append(writer, b"one")
        assert [record.frame for record in taken.result(60)] == [b"one"]
