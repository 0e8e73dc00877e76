"""A log that takes or gives nothing for a while: what a full disk or a broker away looks like to a shard."""

from collections import deque

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Lease, Log, Position, Reader, Record, Writer


class UnreliableLog:
    """A real log behind writers that may refuse. What a test sends by itself always gets through.

    down: partitions that take nothing from shards. stuck: (shard, partition) the same for one shard only.
    slow: partitions that neither take nor refuse, as a broker that has not answered yet.
    frames_left: how many frames more it takes from shards in all; None: any number.
    unreadable: partitions that can't be read.
    forgetful: partitions that take no acknowledgement.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.down: set[str] = set()
        self.stuck: set[tuple[str, str]] = set()
        self.frames_left: int | None = None
        self.slow: set[str] = set()
        self.unreadable: set[str] = set()
        self.forgetful: set[str] = set()
        self.waits_s: list[float] = []
        """how long shards would have waited for a slow partition, each time"""

    def mend(self) -> None:
        self.slow = set()
        self.unreadable = set()
        self.forgetful = set()
        self.down = set()
        self.stuck = set()
        self.frames_left = None

    def takes(self, shard: str, partition: str) -> bool:
        return not (partition in self.down or (shard, partition) in self.stuck or self.frames_left == 0)

    def create_topic(self, topic: str, partitions: int) -> None:
        self._log.create_topic(topic, partitions)

    def topics(self) -> dict[str, int]:
        return self._log.topics()

    def reader(self, partition: str, subscription: str) -> Reader:
        return UnreliableReader(self, self._log.reader(partition, subscription), partition)

    def writer(self, partition: str, producer: str) -> Writer:
        writer = self._log.writer(partition, producer)
        if producer.count("/") != 2:
            return writer
        shard, _, _ = producer.rpartition("/")  # risk/0/a: shard and replica
        return UnreliableWriter(self, writer, shard, partition)

    def lease(self, partition: str, holder: str) -> Lease:
        return self._log.lease(partition, holder)

    def close(self) -> None:
        self._log.close()


class UnreliableWriter:
    """Keeps its queue while the log refuses, and confirms any first part of it."""

    def __init__(self, log: UnreliableLog, writer: Writer, shard: str, partition: str) -> None:
        self._log = log
        self._writer = writer
        self._shard = shard
        self._partition = partition
        self._queue: deque[tuple[bytes, int]] = deque()
        self._confirmed = 0

    def send(self, frame: bytes, last_sequence: int) -> None:
        self._queue.append((frame, last_sequence))

    def poll(self, timeout_s: float = 0.0) -> int:
        if self._queue and self._partition in self._log.slow:
            self._log.waits_s.append(timeout_s)
        while self._queue and self._partition not in self._log.slow:
            if not self._log.takes(self._shard, self._partition):
                raise TemporaryError(f"{self._partition} takes nothing now; {len(self._queue)} frames wait")
            self._writer.send(*self._queue[0])
            self._confirmed = self._writer.poll(timeout_s)
            self._queue.popleft()
            if self._log.frames_left is not None:
                self._log.frames_left -= 1
        return self._confirmed

    def pending(self) -> int:
        return len(self._queue)

    def prepare(self) -> bool:
        return True

    def close(self) -> None:
        self._queue.clear()
        self._writer.close()


class UnreliableReader:
    """Takes nothing while its partition can't be read."""

    def __init__(self, log: UnreliableLog, reader: Reader, partition: str) -> None:
        self._log = log
        self._reader = reader
        self._partition = partition
        self.seek = reader.seek
        self.seek_back = reader.seek_back
        self.interrupt = reader.interrupt
        self.end = reader.end
        self.lag = reader.lag
        self.close = reader.close

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        if self._partition in self._log.unreadable:
            raise TemporaryError(f"{self._partition} can't be read now")
        return self._reader.receive(bytes_max, timeout_s)

    def acknowledge(self, position: Position) -> None:
        if self._partition in self._log.forgetful:
            raise TemporaryError(f"{self._partition} takes no acknowledgement now")
        self._reader.acknowledge(position)
