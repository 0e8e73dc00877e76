"""`bulkhead broker … redis` as a user runs it, with a real server."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis.exceptions import AuthenticationError

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.process import started_at
from bulkhead.broker.redis import Redis
from bulkhead.broker.server import Server
from bulkhead.redis_access.client import client
from tests.support.redis import RedisServer, running_redis
from tests.support.running import listening, run, until

pytestmark = pytest.mark.redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path / "a place with a space") as redis:
        yield redis


def test_it_stops_and_starts_with_its_data_on_its_port_beside_others_and_listens_on_loopback_only(
    redis: RedisServer, redis_server: RedisServer, tmp_path: Path
) -> None:
    assert redis.status.service_url != redis_server.status.service_url
    folder = ["--folder", str(redis.server.folder.parent)]
    with redis.client() as asked:
        asked.set("kept", "by one")
    assert run("broker", "stop", "redis", *folder, cwd=tmp_path).status == 0
    assert started_at(redis.status.pid) is None
    down = run("broker", "status", "--json", *folder, cwd=tmp_path)
    assert (down.status, down.json["servers"][0]["running"]) == (1, False)
    assert redis_server.server.status().healthy
    again = run("broker", "start", "redis", "--json", *folder, cwd=tmp_path)
    assert (again.status, again.json["service_url"]) == (0, redis.status.service_url)
    assert again.json["pid"] not in (0, redis.status.pid)
    assert run("broker", "start", "redis", "--json", *folder, cwd=tmp_path).json["pid"] == again.json["pid"]
    assert listening(again.json["pid"]) == {"0100007F"}
    with redis.client() as asked, redis_server.client() as other:
        assert asked.get("kept") == b"by one"
        assert other.get("kept") is None


def test_what_was_answered_outlives_kill_9(redis: RedisServer) -> None:
    with redis.client() as asked:
        for number in range(100):
            asked.rpush("list", number)
    redis.kill()
    redis.start_again()
    with redis.client() as asked:
        assert asked.lrange("list", 0, -1) == [b"%d" % number for number in range(100)]


def listener(port: int) -> socket.socket | None:
    with suppress(OSError):
        return socket.create_server(("127.0.0.1", port))
    return None


def test_a_killed_server_whose_port_is_not_free_yet_is_started_when_it_is(redis: RedisServer) -> None:
    port = int(redis.status.service_url.rpartition(":")[2])
    redis.kill()
    # As its last threads may do, for a moment after its death.
    holder = until("the killed one has let go of it", lambda: listener(port))
    told: list[str] = []

    def progress(text: str) -> None:
        told.append(text)
        if "let go of its ports" in text:
            holder.close()

    status = redis.server.start(progress)
    assert (status.healthy, status.service_url) == (True, redis.status.service_url)
    assert any("let go of its ports" in text for text in told)


def test_nobody_without_the_password_is_let_in_and_it_is_in_private_files_only(redis: RedisServer) -> None:
    password_file = Path(redis.status.password_file)
    password = password_file.read_text()
    for file in (password_file, redis.server.folder / "redis.conf"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with (
        client(redis.address()._replace(password_file="")) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()
    told = Path(f"/proc/{redis.status.pid}/cmdline").read_text()
    told += Path(f"/proc/{redis.status.pid}/environ").read_text()
    told += (redis.server.folder / "output.log").read_text()
    with redis.client() as asked:
        told += repr(asked) + repr(asked.connection_pool) + str(redis.address())
    assert password not in told


def test_a_server_stays_of_the_kind_that_it_was_made_as(redis: RedisServer, tmp_path: Path) -> None:
    folder = ["--folder", str(redis.server.folder.parent)]
    refused = run("broker", "start", "pulsar", "--name", "redis", *folder, cwd=tmp_path)
    assert (refused.status, "redis is a Redis server" in refused.stderr) == (1, True)
    refused = run("broker", "start", "redis", "--web-port", "8080", *folder, cwd=tmp_path)
    assert (refused.status, "has no REST API" in refused.stderr) == (1, True)
    assert Server(redis.server.folder.parent, "redis").kind.name == "redis"


def test_an_installed_server_goes_before_the_one_in_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    carried = Redis().find(print)
    assert os.access(carried, os.X_OK)
    installed = tmp_path / "redis-server"
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    assert Redis().find(print) == installed != carried


def test_a_server_that_cannot_start_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho something broke; exit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    server = Server(tmp_path, "broken", "redis")
    with pytest.raises(BrokerError, match=r"ended by itself.*\nsomething broke"):
        server.start(print)
    assert not server.status().running
