"""A log that notes who opens a writer where, and who sends something there."""

from typing import Any

from bulkhead.log.port import Log, Writer


class Recording:
    """The name before the replica is the shard's machine."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.written: set[tuple[str, str]] = set()
        """a writer was opened"""
        self.sent: set[tuple[str, str]] = set()
        """something was sent"""

    def writer(self, partition: str, producer: str) -> Writer:
        place = producer.removesuffix("/a"), partition
        self.written.add(place)
        return _RecordingWriter(self._log.writer(partition, producer), self.sent, place)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _RecordingWriter:
    def __init__(self, writer: Writer, sent: set[tuple[str, str]], place: tuple[str, str]) -> None:
        self._writer, self._sent, self._place = writer, sent, place

    def send(self, *arguments: Any) -> Any:
        self._sent.add(self._place)
        return self._writer.send(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)
