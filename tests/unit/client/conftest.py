"""An exchange in one thread with participants that drive it: wherever a client would wait, the exchange is
stepped."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bulkhead.client import Client, connect
from bulkhead.installation.connection import describe
from bulkhead.log.open import open_log
from bulkhead.simulation.setting import key_of
from tests.support.exchange import MemoryExchange


class Connect(Protocol):
    def __call__(self, participant_id: str, **options: Any) -> Client: ...


@pytest.fixture
def exchange() -> MemoryExchange:
    return MemoryExchange()


def write_connection(exchange: MemoryExchange, directory: Path, log_address: str) -> Path:
    """What `up` leaves: connection.json, and the keys beside it."""
    (directory / "keys").mkdir()
    for participant in exchange.topology.participants.values():
        for name in participant.keys:
            pem = key_of(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (directory / "keys" / f"{name}.pem").write_bytes(pem)
    file = directory / "connection.json"
    describe(exchange.topology, log_address, exchange.identity.genesis_id).write(file)
    return file


@pytest.fixture
def connection_file(exchange: MemoryExchange, tmp_path: Path) -> Path:
    return write_connection(exchange, tmp_path, "memory:the-exchange-of-the-test")


@pytest.fixture
def connected(exchange: MemoryExchange, connection_file: Path) -> Iterator[Connect]:
    """Connects a participant to the exchange in this thread; its clock stands at 0 unless told otherwise."""
    closing: list[Callable[[], None]] = []

    def make(participant_id: str, **options: Any) -> Client:
        settings: dict[str, Any] = {
            "log": exchange.log,
            "idle": exchange.settle,
            "now_us": lambda: 0,
            "timeout_s": 0.0,
        }
        client = connect(connection_file, participant_id, **(settings | options))
        closing.append(client.close)
        return client

    yield make
    for close in closing:
        close()


class Running:
    """The exchange, stepped by a thread while the block lasts."""

    def __init__(self, exchange: MemoryExchange) -> None:
        self._exchange = exchange
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            # The shard of alice and bob: a nudge from either ends the wait, whatever else there is follows.
            self._exchange.shards["risk/1"].step(0.01)
            self._exchange.settle()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def exchange_on_files(tmp_path: Path) -> tuple[MemoryExchange, Path]:
    address = f"sqlite:{tmp_path / 'log'}"
    exchange = MemoryExchange(wrap=lambda _: open_log(address))
    return exchange, write_connection(exchange, tmp_path, address)
