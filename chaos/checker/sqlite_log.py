"""Reads the embedded log's files, read-only, as docs/wire.md describes them ("The embedded log")."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from chaos.checker.sources import NoLog

APPLICATION_ID = 0x424C4B48
FORMAT_VERSION = 1
BATCH = 1000
BUSY_TIMEOUT_MS = 5000


class SqliteSource:
    """A `Source` in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def partitions(self) -> list[str]:
        if not self._folder.is_dir():
            raise NoLog(f"{self._folder} is no folder: is the log elsewhere?")
        files = self._folder.glob("*/*/*.segment")
        return sorted({f"{file.parent.parent.name}/{file.parent.name}" for file in files})

    def frames(self, partition: str) -> Iterator[tuple[int, bytes]]:
        for file in sorted((self._folder / partition).glob("*.segment")):
            connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                connection.set_busy_timeout(BUSY_TIMEOUT_MS)
                found = (connection.pragma("application_id"), connection.pragma("user_version"))
                if found != (APPLICATION_ID, FORMAT_VERSION):
                    raise NoLog(f"{file} is no log segment of version {FORMAT_VERSION}")
                after = 0
                while rows := _following(connection, after):
                    yield from rows
                    after = rows[-1][0]
            finally:
                connection.close()

    def close(self) -> None:
        """Nothing is open between two partitions."""


def _following(connection: apsw.Connection, after: int) -> list[Any]:
    return connection.execute(
        "select off, body from f where off > ? order by off limit ?", (after, BATCH)
    ).fetchall()
