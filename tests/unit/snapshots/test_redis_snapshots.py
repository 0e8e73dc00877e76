"""What only snapshots in Redis can get into: halves, damage, a server that is gone or full."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from redis import Redis
from structlog.testing import capture_logs

from bulkhead.errors import TemporaryError
from bulkhead.redis_access.address import RedisAddress
from bulkhead.snapshots.open import open_snapshots
from bulkhead.snapshots.port import Snapshot
from bulkhead.snapshots.redis import CHUNK_BYTES, RedisSnapshots
from tests.support.redis import RedisServer, running_redis

pytestmark = pytest.mark.redis

ONE, TWO, FIVE = (Snapshot(b"p%d" % n, n, b"state %d" % n) for n in (1, 2, 5))


@pytest.fixture
def address(redis_server: RedisServer) -> RedisAddress:
    return redis_server.address()


@pytest.fixture
def store(address: RedisAddress) -> Iterator[RedisSnapshots]:
    """Its chunks are small, so that every snapshot has several."""
    with closing(RedisSnapshots(address, keep=3, chunk_bytes=16)) as store:
        yield store


@pytest.fixture
def raw(redis_server: RedisServer) -> Iterator[Redis]:
    with redis_server.client() as raw:
        yield raw


def members(raw: Redis, address: RedisAddress) -> list[str]:
    """Of risk/0, the oldest first."""
    found = cast(list[bytes], raw.zrange(f"{address.prefix}snapshots:risk/0", 0, -1))
    return [member.decode() for member in found]


def chunks(raw: Redis, address: RedisAddress, inputs: int) -> list[str]:
    """The keys of the chunks of a snapshot of risk/0, the first chunk first."""
    found = cast(list[bytes], raw.keys(f"{address.prefix}snapshots:risk/0:{inputs:020d}:*"))
    return sorted((key.decode() for key in found), key=lambda key: int(key.rpartition(":")[2]))


def inputs_kept(raw: Redis, address: RedisAddress) -> list[int]:
    return [int(member.split(":")[0]) for member in members(raw, address)]


def test_the_last_few_are_kept_and_nothing_is_left_of_the_others(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    for number in range(8):
        store.save("risk/0", Snapshot(b"p", number, b"state"))
    assert inputs_kept(raw, address) == [5, 6, 7]
    assert [bool(chunks(raw, address, number)) for number in range(8)] == [False] * 5 + [True] * 3


def test_what_is_kept_does_not_expire(store: RedisSnapshots, raw: Redis, address: RedisAddress) -> None:
    store.save("risk/0", ONE)
    assert [raw.ttl(key) for key in chunks(raw, address, 1)] == [-1] * len(chunks(raw, address, 1))


def test_a_zombies_older_snapshot_pushes_out_none_that_is_newer(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    for number in (5, 6, 7, 1):
        store.save("risk/0", Snapshot(b"p", number, b"state"))
    assert inputs_kept(raw, address) == [5, 6, 7]
    assert chunks(raw, address, 1) == []


def test_the_same_snapshot_saved_again_takes_the_place_of_the_first(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    for _ in range(3):
        store.save("risk/0", ONE)
    assert inputs_kept(raw, address) == [1]
    assert len(chunks(raw, address, 1)) == int(members(raw, address)[0].split(":")[1]) > 1


def test_many_writers_at_once_leave_whole_snapshots_and_the_newest_of_all(
    address: RedisAddress, raw: Redis
) -> None:
    def write(first: int) -> None:
        with closing(RedisSnapshots(address, keep=3, chunk_bytes=16)) as store:
            for number in range(first, 100, 4):
                store.save("risk/0", Snapshot(b"p", number, b"%d" % number * 40))

    writers = [threading.Thread(target=write, args=(first,)) for first in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with closing(RedisSnapshots(address, keep=3)) as reader:
        assert reader.newest("risk/0") == Snapshot(b"p", 99, b"99" * 40)
    assert inputs_kept(raw, address) == [97, 98, 99]


def test_a_half_written_snapshot_is_not_seen_and_goes_by_itself(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    store.save("risk/0", ONE)
    # As a process leaves it that is killed between two chunks.
    half = f"{address.prefix}snapshots:risk/0:{9:020d}:3:{'a' * 16}:0"
    raw.set(half, b"x" * 16, ex=3600)
    assert store.newest("risk/0") == ONE
    assert 0 < int(raw.ttl(half)) <= 3600


@pytest.mark.parametrize("chunk", [0, 1, -1])
@pytest.mark.parametrize("damage", ["missing", "altered", "shorter"])
def test_a_damaged_newest_is_skipped_for_the_one_before_and_named(
    store: RedisSnapshots, raw: Redis, address: RedisAddress, chunk: int, damage: str
) -> None:
    for snapshot in (ONE, TWO, FIVE):
        store.save("risk/0", snapshot)
    key = chunks(raw, address, 5)[chunk]
    content = raw.get(key)
    assert isinstance(content, bytes)
    if damage == "missing":
        raw.delete(key)
    else:
        raw.set(key, content[:-1] + (bytes([content[-1] ^ 1]) if damage == "altered" else b""))
    with capture_logs() as logs:
        assert store.newest("risk/0") == TWO
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("snapshot_skipped", "warning")]
    assert logs[0]["key"].endswith(members(raw, address)[-1])


def test_a_snapshot_of_another_version_is_skipped_for_the_one_before(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    store.save("risk/0", ONE)
    store.save("risk/0", TWO)
    first = chunks(raw, address, 2)[0]
    content = raw.get(first)
    assert isinstance(content, bytes)
    raw.set(first, content[:8] + b"\0\0\0\x02" + content[12:])
    with capture_logs() as logs:
        assert store.newest("risk/0") == ONE
    assert logs[0]["reason"] == "version 2, this program reads 1"


def test_with_every_snapshot_damaged_there_is_none(
    store: RedisSnapshots, raw: Redis, address: RedisAddress
) -> None:
    for snapshot in (ONE, TWO):
        store.save("risk/0", snapshot)
        raw.delete(chunks(raw, address, snapshot.inputs)[0])
    with capture_logs() as logs:
        assert store.newest("risk/0") is None
    assert len(logs) == 2


@pytest.mark.parametrize("more", [-100, 0, 100])
def test_a_snapshot_around_and_over_one_chunk_of_the_real_size_comes_back(
    address: RedisAddress, raw: Redis, more: int
) -> None:
    snapshot = Snapshot(b"p", 1, os.urandom(2 * CHUNK_BYTES + more))
    with closing(open_snapshots(str(address))) as store:
        store.save("risk/0", snapshot)
        assert store.newest("risk/0") == snapshot
    assert len(chunks(raw, address, 1)) == (2 if more < 0 else 3)


def test_a_server_that_is_gone_is_temporary_and_what_it_kept_is_there_when_it_is_back(tmp_path: Path) -> None:
    with running_redis(tmp_path) as server:
        store = open_snapshots(str(server.address()))
        store.save("risk/0", ONE)
        server.kill()
        with pytest.raises(TemporaryError, match=r"snapshot 2 of risk/0 was not saved.*broker status"):
            store.save("risk/0", TWO)
        with pytest.raises(TemporaryError, match=r"the snapshots of risk/0 can't be read: Redis at 127"):
            store.newest("risk/0")
        server.start_again()
        assert store.newest("risk/0") == ONE
        store.save("risk/0", TWO)
        assert store.newest("risk/0") == TWO
        store.close()


def test_a_server_that_is_full_is_temporary_and_leaves_what_was_there(tmp_path: Path) -> None:
    with running_redis(tmp_path) as server, server.client() as raw:
        store = open_snapshots(str(server.address()))
        store.save("risk/0", ONE)
        raw.config_set("maxmemory", "1mb")
        with pytest.raises(TemporaryError, match=r"snapshot 2 of risk/0 was not saved.*maxmemory"):
            store.save("risk/0", Snapshot(b"p", 2, b"x" * 10_000_000))
        assert store.newest("risk/0") == ONE
        store.close()


def test_a_wrong_password_is_told_with_its_file_and_a_right_one_is_taken_at_the_next_try(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("not the right one\n")
    address = redis_server.address()._replace(password_file=str(file))
    store = open_snapshots(str(address))
    with pytest.raises(TemporaryError, match=f"does not accept the password in {file}") as told:
        store.save("risk/0", ONE)
    assert "not the right one" not in str(told.value)
    file.unlink()
    with pytest.raises(TemporaryError, match="No such file"):
        store.newest("risk/0")
    file.write_text(Path(redis_server.status.password_file).read_text())
    store.save("risk/0", ONE)
    assert store.newest("risk/0") == ONE
    store.close()


def test_a_server_without_an_append_only_file_is_said_once_to_be_forgetful(tmp_path: Path) -> None:
    with running_redis(tmp_path) as server, server.client() as raw:
        raw.config_set("appendonly", "no")
        store = open_snapshots(str(server.address()))
        with capture_logs() as logs:
            store.save("risk/0", ONE)
            store.save("risk/0", TWO)
        assert [entry["event"] for entry in logs] == ["redis_snapshots_may_be_lost"]
        assert store.newest("risk/0") == TWO
        store.close()


def test_somebody_who_accepts_and_never_answers_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bulkhead.redis_access.client.ANSWER_TIMEOUT_S", 0.1)
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        store = open_snapshots(str(RedisAddress("127.0.0.1", silent.getsockname()[1], 0, "a:", "")))
        with pytest.raises(TemporaryError, match="the snapshots of risk/0 can't be read"):
            store.newest("risk/0")
        store.close()
