"""The embedded log: topics as folders, and the making of readers and writers."""

import os
from functools import partial
from pathlib import Path

import apsw

from bulkhead.errors import FatalError
from bulkhead.log.lease import check_lease
from bulkhead.log.names import check_topic, fewer_partitions, is_topic, split_partition
from bulkhead.log.sqlite import segments
from bulkhead.log.sqlite.checkpoint import Checkpointer
from bulkhead.log.sqlite.failures import patiently
from bulkhead.log.sqlite.lease import SqliteLease
from bulkhead.log.sqlite.reader import SqliteReader
from bulkhead.log.sqlite.writer import SqliteWriter

# The address's word -> SQLite's: whether a commit waits for the disk.
DURABILITIES = {"normal": "normal", "full": "full"}

# From 3.7.0 up to this one a race at the reset of the write-ahead log can corrupt a database that several
# processes write and checkpoint (https://sqlite.org/wal.html#walresetbug).
SQLITE_MIN = (3, 51, 3)


def check_sqlite(version: str) -> None:
    """FatalError if this SQLite could corrupt a log that several processes write."""
    if tuple(int(part) for part in version.split(".")) < SQLITE_MIN:
        raise FatalError(
            f"SQLite {version} can corrupt a log that several processes write; at least"
            f" {'.'.join(map(str, SQLITE_MIN))} is needed: pip install --upgrade apsw"
        )


class SqliteLog:
    """A `Log` in a folder, shared by all processes of one machine that open the same folder.

    `segment_bytes`: a segment file is sealed, and the next begun, when it has grown to this size.
    """

    def __init__(
        self,
        directory: str | Path,
        *,
        durability: str = "normal",
        segment_bytes: int = segments.SEGMENT_BYTES,
    ) -> None:
        check_sqlite(apsw.sqlite_lib_version())
        self._directory = Path(directory)
        self._synchronous = DURABILITIES[durability]
        self._segment_bytes = segment_bytes
        self._checkpointer = Checkpointer(segment_bytes)
        self._open: list[SqliteReader | SqliteWriter | SqliteLease] = []
        patiently(
            lambda: self._directory.mkdir(mode=0o700, parents=True, exist_ok=True),
            f"making the log's folder {self._directory}",
        )

    def create_topic(self, topic: str, partitions: int) -> None:
        check_topic(topic, partitions)
        there = self._partitions(topic)
        if partitions < there:
            raise fewer_partitions(topic, there, partitions)
        # In ascending order, the segment last: a topic that was begun has its first partitions whole.
        for number in range(there, partitions):
            directory = self._directory / topic / str(number)
            patiently(partial(self._create_partition, directory), f"making {directory}")

    def _create_partition(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / "listeners").mkdir(exist_ok=True)
        (directory / "subscriptions").mkdir(exist_ok=True)
        segments.create(directory, 1)
        segments.sync_directory(directory.parent)
        segments.sync_directory(self._directory)

    def topics(self) -> dict[str, int]:
        found = {topic: self._partitions(topic) for topic in sorted(os.listdir(self._directory))}
        return {topic: partitions for topic, partitions in found.items() if partitions}

    def _partitions(self, topic: str) -> int:
        """Partitions 0 to n-1 that are whole; one that was begun counts as not there."""
        count = 0
        while True:
            directory = self._directory / topic / str(count)
            if not directory.is_dir() or not segments.numbers(directory):
                return count
            count += 1

    def reader(self, partition: str, subscription: str) -> SqliteReader:
        reader = SqliteReader(self._find(partition), partition, subscription, self._checkpointer)
        self._open.append(reader)
        return reader

    def writer(self, partition: str, producer: str) -> SqliteWriter:
        writer = SqliteWriter(
            self._find(partition), partition, self._synchronous, self._segment_bytes, self._checkpointer
        )
        self._open.append(writer)
        return writer

    def lease(self, partition: str, holder: str) -> SqliteLease:
        check_lease(partition, holder)
        lease = SqliteLease(self._find(partition), partition, holder)
        self._open.append(lease)
        return lease

    def _find(self, partition: str) -> Path:
        # Not by listing every topic: an exchange has one for each participant.
        topic = partition.rpartition("/")[0]
        there = self._partitions(topic) if is_topic(topic) else 0
        topics = {topic: there} if there else self.topics()
        topic, number = split_partition(partition, topics, f"sqlite:{self._directory}")
        self._checkpointer.start()
        return self._directory / topic / str(number)

    def close(self) -> None:
        while self._open:
            self._open.pop().close()
        self._checkpointer.close()
