"""The log of one process, in memory: for tests and the simulation, and the simplest model of the port."""

import threading
import time
from collections import deque

from bulkhead.errors import FatalError
from bulkhead.log.lease import check_lease, check_record, never_taken, superseded
from bulkhead.log.names import (
    beyond_end,
    check_frame,
    check_topic,
    decode_offset,
    encode_offset,
    fewer_partitions,
    split_partition,
)
from bulkhead.log.port import Holding, Position, Record


class Partition:
    """Frames in order, each with its position; the frame at offset n is in records[n - 1]."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.changed = threading.Condition()
        self.acknowledged: dict[str, int] = {}
        self.held_by: MemoryLease | None = None

    def append(self, frame: bytes) -> None:
        self.records.append(Record(encode_offset(len(self.records) + 1, frame), frame))


class MemoryStore:
    """What outlives the logs, readers and writers on it: topics and their partitions."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.topics: dict[str, list[Partition]] = {}


_stores: dict[str, MemoryStore] = {}
_stores_lock = threading.Lock()


def named_store(name: str) -> MemoryStore:
    """The store of that name in this process, made when it is first asked for and kept until it ends."""
    with _stores_lock:
        return _stores.setdefault(name, MemoryStore())


def forget_store(name: str) -> None:
    """Let go of the store of that name: the next one of the name is empty."""
    with _stores_lock:
        _stores.pop(name, None)


class MemoryReader:
    """A `Reader` over one partition in memory."""

    def __init__(self, partition: Partition, name: str, subscription: str) -> None:
        self._partition = partition
        self._name = name
        self._subscription = subscription
        self._at = 0
        self._interrupted = False
        self._closed = False

    def seek(self, position: Position | None) -> None:
        offset = decode_offset(position, self._name)
        end = len(self._partition.records)
        if offset > end:
            raise beyond_end(self._name, offset, end)
        if position is not None:
            check_frame(self._name, position, self._partition.records[offset - 1].frame)
        self._at = offset

    def seek_back(self, frames: int) -> None:
        self._at = max(len(self._partition.records) - frames, 0)

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        if self._closed:
            raise FatalError(f"{self._name}: this reader is closed; make a new one")
        records = self._partition.records
        if len(records) <= self._at and (timeout_s <= 0 or not self._wait(timeout_s)):
            return []
        begin, room = self._at, bytes_max
        while self._at < len(records):
            room -= len(records[self._at].frame)
            if room < 0 and self._at > begin:
                break
            self._at += 1
        return records[begin : self._at]

    def _wait(self, timeout_s: float) -> bool:
        """Wait for a frame after the position; False when the time is over or the reader interrupted."""
        deadline = time.monotonic() + timeout_s
        with self._partition.changed:
            while len(self._partition.records) <= self._at:
                left_s = deadline - time.monotonic()
                if self._interrupted or left_s <= 0:
                    self._interrupted = False
                    return False
                self._partition.changed.wait(left_s)
        return True

    def interrupt(self) -> None:
        with self._partition.changed:
            self._interrupted = True
            self._partition.changed.notify_all()

    def acknowledge(self, position: Position) -> None:
        self._partition.acknowledged[self._subscription] = decode_offset(position, self._name)

    def end(self) -> Position | None:
        records = self._partition.records
        return records[-1].position if records else None

    def lag(self) -> int:
        return len(self._partition.records) - self._at

    def close(self) -> None:
        self._closed = True


class MemoryWriter:
    """A `Writer` to one partition in memory: `poll` appends everything queued, at once."""

    def __init__(self, partition: Partition, name: str) -> None:
        self._partition = partition
        self._name = name
        self._queue: deque[bytes] = deque()
        self._confirmed = 0
        self._closed = False

    def send(self, frame: bytes, last_sequence: int) -> None:
        self._queue.append(bytes(frame))

    def poll(self, timeout_s: float = 0.0) -> int:
        if self._closed:
            raise FatalError(f"{self._name}: this writer is closed; make a new one")
        if self._queue:
            with self._partition.changed:
                for frame in self._queue:
                    self._partition.append(frame)
                self._partition.changed.notify_all()
            self._confirmed += len(self._queue)
            self._queue.clear()
        return self._confirmed

    def pending(self) -> int:
        return len(self._queue)

    def prepare(self) -> bool:
        return True

    def close(self) -> None:
        self._closed = True
        self._queue.clear()


class MemoryLease:
    """A `Lease`: the partition knows which of them was the last to take it."""

    def __init__(self, partition: Partition, name: str, holder: str) -> None:
        self._partition = partition
        self._name = name
        self._taken = False
        self.holder = holder
        self.seen = Holding(holder, b"")
        """what others see as long as this one holds it"""

    def prepare(self) -> bool:
        return True

    def take(self) -> None:
        self.seen = self.seen._replace(record=b"")
        self._taken, self._partition.held_by = True, self

    def check(self) -> None:
        if not self._taken:
            raise never_taken(self._name)
        if self._partition.held_by is not self:
            raise superseded(self._name, self.seen.holder, self.holding())

    def publish(self, record: bytes) -> None:
        check_record(self._name, record)
        self.check()
        self.seen = self.seen._replace(record=bytes(record))

    def holding(self) -> Holding | None:
        holder = self._partition.held_by
        return None if holder is None else holder.seen

    def close(self) -> None:
        self._taken = False


class MemoryLog:
    """A `Log` over a store in this process; `address` is what error texts call it."""

    def __init__(self, store: MemoryStore, address: str = "memory:") -> None:
        self._store = store
        self._address = address
        self._open: list[MemoryReader | MemoryWriter | MemoryLease] = []

    def create_topic(self, topic: str, partitions: int) -> None:
        check_topic(topic, partitions)
        with self._store.lock:
            there = self._store.topics.setdefault(topic, [])
            if partitions < len(there):
                raise fewer_partitions(topic, len(there), partitions)
            there.extend(Partition() for _ in range(partitions - len(there)))

    def topics(self) -> dict[str, int]:
        with self._store.lock:
            return {topic: len(self._store.topics[topic]) for topic in sorted(self._store.topics)}

    def reader(self, partition: str, subscription: str) -> MemoryReader:
        reader = MemoryReader(self._partition(partition), partition, subscription)
        self._open.append(reader)
        return reader

    def writer(self, partition: str, producer: str) -> MemoryWriter:
        writer = MemoryWriter(self._partition(partition), partition)
        self._open.append(writer)
        return writer

    def lease(self, partition: str, holder: str) -> MemoryLease:
        check_lease(partition, holder)
        lease = MemoryLease(self._partition(partition), partition, holder)
        self._open.append(lease)
        return lease

    def _partition(self, partition: str) -> Partition:
        topic, number = split_partition(partition, self.topics(), self._address)
        return self._store.topics[topic][number]

    def close(self) -> None:
        while self._open:
            self._open.pop().close()
