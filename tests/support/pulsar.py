"""A Pulsar broker for tests: one for the whole session, and others that a test may kill."""

import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bulkhead.broker.problem import BrokerError
from bulkhead.broker.process import started_at
from bulkhead.broker.server import Server, Status
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from tests.support.running import until

ADDRESS = "BULKHEAD_TEST_PULSAR"
"""In the environment while the session's broker runs, so that processes beside the test reach it too."""
TENANT = "bulkhead-tests"


@dataclass(frozen=True)
class Broker:
    """A running broker: `server` is what started it."""

    server: Server
    status: Status

    def address(self, namespace: str) -> str:
        """The address of a log of that name."""
        return f"{self.status.service_url}/{TENANT}/{namespace}?admin={self.status.admin_url}"

    @property
    def topology(self) -> dict[str, str | None]:
        """The `log` of an exchange on it, as a change of the shipped topology."""
        return {
            "adapter": "pulsar",
            "service_url": self.status.service_url,
            "admin_url": self.status.admin_url,
            "tenant": TENANT,
            "directory": None,
            "durability": None,
        }

    def kill(self) -> None:
        """kill -9, as a crash would; it is gone when this returns."""
        pid = self.server.status().pid
        os.kill(pid, signal.SIGKILL)
        # One that is dying still counts as running: who starts it again would wait for it to be healthy.
        until("the broker is gone", lambda: started_at(pid) is None)

    def start_again(self) -> None:
        with pytest.MonkeyPatch.context() as patched:
            for name in list(os.environ):
                if name.startswith("RAY_"):  # it is no part of an exchange that a test has joined
                    patched.delenv(name)
            self.server.start(_say)


@contextmanager
def running_broker(folder: Path, *, secured: bool = False) -> Iterator[Broker]:
    """A broker of its own, erased at the end. Skips the test where what it needs is not on this machine."""
    server = Server(folder, "pulsar", "secured-pulsar" if secured else "pulsar")
    try:
        # While it is down, nobody else's new server is to take its ports.
        status = server.start(_say, standard_ports=False)
    except BrokerError as problem:
        pytest.skip(f"no Pulsar broker: {problem}")
    try:
        yield Broker(server, status)
    finally:
        server.erase(_say)


def open_in_session_broker(place: Path) -> Log:
    """The log that stands for a folder: the same namespace in every process."""
    namespace = hashlib.sha256(str(place).encode()).hexdigest()[:16]
    return open_log(os.environ[ADDRESS].replace("NAMESPACE", namespace))


@contextmanager
def session_broker(folder: Path) -> Iterator[Broker]:
    with running_broker(folder) as broker:
        os.environ[ADDRESS] = broker.address("NAMESPACE")
        try:
            yield broker
        finally:
            del os.environ[ADDRESS]


def _say(what: str) -> None:
    print(what)
