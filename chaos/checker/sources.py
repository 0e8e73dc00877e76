"""Where the frames are: one way to read them for every kind of log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class NoLog(Exception):
    """There is no log, or none that this program can read to its end."""


class Source(Protocol):
    """A log at rest."""

    def partitions(self) -> list[str]:
        """Every partition that there is: `orders/0`, sorted."""
        ...

    def frames(self, partition: str) -> Iterator[tuple[int, bytes]]:
        """(offset, frame) of everything in it, in order. Offsets are dense: what is missing leaves a hole."""
        ...

    def close(self) -> None: ...


def open_source(address: str) -> Source:
    """The log at the address that connection.json tells. NoLog: it is of no known kind, or not there."""
    # Here, so that reading one kind of log needs the client of that kind only.
    scheme, _, rest = address.partition(":")
    if scheme == "sqlite":
        from chaos.checker.sqlite_log import SqliteSource

        return SqliteSource(Path(rest.partition("?")[0]))
    if scheme == "pulsar":
        from chaos.checker.pulsar_log import PulsarSource

        return PulsarSource(address)
    raise NoLog(f"the log {address} is of a kind that this checker can't read: sqlite, pulsar")
