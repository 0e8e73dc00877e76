"""What every snapshot store does, and what only files can get into (Redis: test_redis_snapshots.py)."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bulkhead.errors import TemporaryError
from bulkhead.snapshots.files import FileSnapshots
from bulkhead.snapshots.memory import MemorySnapshots
from bulkhead.snapshots.open import open_snapshots
from bulkhead.snapshots.port import Snapshot, SnapshotStore

ROOT = Path(__file__).resolve().parents[3]
ONE, TWO, FIVE = (Snapshot(b"p%d" % n, n, b"state %d" % n) for n in (1, 2, 5))


@pytest.fixture(params=["files", "memory", pytest.param("redis", marks=pytest.mark.redis)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return str(request.getfixturevalue("redis_server").address())
    return f"{request.param}:{tmp_path}/snapshots"


@pytest.fixture
def store(address: str) -> SnapshotStore:
    return open_snapshots(address)


@pytest.fixture
def files(tmp_path: Path) -> FileSnapshots:
    return FileSnapshots(tmp_path)


def test_a_shard_without_a_snapshot_has_none(store: SnapshotStore) -> None:
    store.save("risk/1", ONE)
    assert store.newest("risk/0") is None


def test_the_newest_is_the_one_with_the_most_inputs_in_whatever_order_they_came(
    store: SnapshotStore,
) -> None:
    for snapshot in (TWO, FIVE, ONE):
        store.save("risk/0", snapshot)
    assert store.newest("risk/0") == FIVE


def test_an_older_one_is_found_by_the_inputs_that_it_must_not_have_reached(store: SnapshotStore) -> None:
    for snapshot in (ONE, TWO, FIVE):
        store.save("risk/0", snapshot)
    kept = [store.newest("risk/0", before) for before in (6, 5, 2, 1)]
    older = [TWO, ONE] if not isinstance(store, MemorySnapshots) else [None, None]  # which keeps the newest
    assert kept == [FIVE, *older, None]


def test_a_snapshot_before_any_input_has_no_position(store: SnapshotStore) -> None:
    store.save("risk/0", Snapshot(None, 0, b""))
    assert store.newest("risk/0") == Snapshot(None, 0, b"")


def test_snapshots_outlive_the_store_that_saved_them(store: SnapshotStore, address: str) -> None:
    store.save("book/12", FIVE)
    store.close()
    store.close()
    assert open_snapshots(address).newest("book/12") == FIVE


@pytest.mark.parametrize("shard", ["", "risk", "risk/", "/0", "risk/x", "risk/00", "../0", "a/b/0", ".a/0"])
def test_a_name_that_is_no_shards_is_refused(store: SnapshotStore, shard: str) -> None:
    with pytest.raises(ValueError, match="no shard name"):
        store.save(shard, ONE)
    with pytest.raises(ValueError, match="no shard name"):
        store.newest(shard)


def test_an_address_says_how_many_are_kept(tmp_path: Path) -> None:
    store = open_snapshots(f"files:{tmp_path}?keep=2")
    for inputs in range(1, 6):
        store.save("book/0", Snapshot(None, inputs, b"state"))
    assert len(list((tmp_path / "book" / "0").glob("*.snapshot"))) == 2


@pytest.mark.parametrize(
    "address",
    [
        "files:/x?keep=0",
        "files:/x?keep=some",
        "files:/x?size=1",
        "memory:x?keep=1",
        "",
        "files:",
        "files:relative",
        "files://host/x",
        "memory:",
        "redis:/x",
        "redis://127.0.0.1:6379/0",
        "redis://127.0.0.1:6379/0?prefix=a*",
        "redis://127.0.0.1:6379/0?prefix=a:&keep=0",
        "redis://127.0.0.1:6379/0?prefix=a:&password=secret",
        "redis://:secret@127.0.0.1:6379/0?prefix=a:",
        "redis://127.0.0.1:6379/0?prefix=a:&password_file=relative",
        "redis://127.0.0.1:no/0?prefix=a:",
    ],
)
def test_an_address_that_is_none_is_refused_with_what_is_allowed(address: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: files:/absolute/folder, memory:NAME"):
        open_snapshots(address)


def test_the_last_three_are_kept(files: FileSnapshots, tmp_path: Path) -> None:
    for number in range(8):
        files.save("risk/0", Snapshot(b"p", number, b"state"))
    assert sorted(os.listdir(tmp_path / "risk" / "0")) == [f"{n:020d}.snapshot" for n in (5, 6, 7)]


def test_a_zombies_older_snapshot_pushes_out_none_that_is_newer(files: FileSnapshots, tmp_path: Path) -> None:
    for number in (5, 6, 7, 1):
        files.save("risk/0", Snapshot(b"p", number, b"state"))
    assert sorted(os.listdir(tmp_path / "risk" / "0")) == [f"{n:020d}.snapshot" for n in (5, 6, 7)]


@pytest.mark.parametrize("keep_bytes", [0, 1, 30, 60])
def test_a_damaged_newest_is_skipped_for_the_one_before_and_named(
    files: FileSnapshots, tmp_path: Path, keep_bytes: int
) -> None:
    for snapshot in (ONE, TWO, FIVE):
        files.save("risk/0", snapshot)
    damaged = tmp_path / "risk" / "0" / f"{5:020d}.snapshot"
    damaged.write_bytes(damaged.read_bytes()[:keep_bytes])
    with capture_logs() as logs:
        assert files.newest("risk/0") == TWO
    assert [(entry["event"], entry["log_level"], entry["file"]) for entry in logs] == [
        ("snapshot_skipped", "warning", str(damaged))
    ]


def test_with_every_snapshot_damaged_there_is_none(files: FileSnapshots, tmp_path: Path) -> None:
    files.save("risk/0", ONE)
    files.save("risk/0", TWO)
    for path in (tmp_path / "risk" / "0").iterdir():
        path.write_bytes(b"")
    with capture_logs() as logs:
        assert files.newest("risk/0") is None
    assert len(logs) == 2


def test_what_a_killed_process_left_half_written_is_removed_and_a_living_ones_is_not(
    files: FileSnapshots, tmp_path: Path
) -> None:
    files.save("risk/0", ONE)
    folder = tmp_path / "risk" / "0"
    left, living = (folder / f".{9:020d}.{name * 16}.draft" for name in "ab")
    left.write_bytes(b"half")
    with open(living, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.save("risk/0", TWO)
        assert living.exists()
    assert not left.exists()
    assert files.newest("risk/0") == TWO


def test_a_store_that_can_not_be_read_is_not_taken_for_an_empty_one(
    files: FileSnapshots, tmp_path: Path
) -> None:
    (tmp_path / "risk").write_bytes(b"a file where the folder should be")
    with pytest.raises(TemporaryError, match=r"snapshots of risk/0 in .* can't be read"):
        files.newest("risk/0")
    with pytest.raises(TemporaryError, match=r"snapshot 1 of risk/0 was not saved"):
        files.save("risk/0", ONE)


FULL_DISK = """
import resource, sys
from bulkhead.errors import TemporaryError
from bulkhead.snapshots.files import FileSnapshots
from bulkhead.snapshots.port import Snapshot

files = FileSnapshots(sys.argv[1])
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
files.save("risk/0", Snapshot(b"p", 1, b"x" * 1000))
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
try:
    files.save("risk/0", Snapshot(b"p", 2, b"x" * 100_000))
except TemporaryError as error:
    print(error)
assert files.newest("risk/0").inputs == 1
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
files.save("risk/0", Snapshot(b"p", 2, b"x" * 100_000))
"""


def test_a_full_disk_is_temporary_and_leaves_what_was_there(files: FileSnapshots, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    assert told.startswith("snapshot 2 of risk/0 was not saved")
    assert files.newest("risk/0") == Snapshot(b"p", 2, b"x" * 100_000)
    assert len(os.listdir(tmp_path / "risk" / "0")) == 2
