"""A Redis server for tests: one for the whole session, and others that a test may kill or fill."""

import itertools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.server import Server, Status
from bulkhead.redis_access.address import RedisAddress
from bulkhead.redis_access.client import client

_numbers = itertools.count()


@dataclass(frozen=True)
class RedisServer:
    """A running server: `server` is what started it."""

    server: Server
    status: Status

    @property
    def url(self) -> str:
        return f"{self.status.service_url}/0"

    def address(self, prefix: str = "") -> RedisAddress:
        """Of a part of its keys; one that nobody has used before where none is named."""
        port = int(self.status.service_url.rpartition(":")[2])
        named = prefix or f"test-{next(_numbers)}:"
        return RedisAddress("127.0.0.1", port, 0, named, self.status.password_file)

    def client(self) -> Redis:
        return client(self.address("none:"))

    def kill(self) -> None:
        """kill -9, as a crash would."""
        os.kill(self.server.status().pid, signal.SIGKILL)

    def start_again(self) -> None:
        self.server.start(print)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A server of its own, erased at the end. Skips the test where there is none on this machine."""
    server = Server(folder, "redis", "redis")
    try:
        # While it is down, nobody else's new server is to take its port.
        status = server.start(print, standard_ports=False)
    except BrokerError as problem:
        pytest.skip(f"no Redis server: {problem}")
    try:
        yield RedisServer(server, status)
    finally:
        server.erase(print)
