"""The log as one process reaches it. The log itself is the product's memory adapter; what lies between it and
a process is this: frames arrive later, some twice, confirmations come late, a way may be cut, a partition may
take nothing. In the order in which one writer sent them they always arrive: that is what a log promises.
"""

import random
from collections import defaultdict, deque
from collections.abc import Callable

from bulkhead.errors import Superseded, TemporaryError
from bulkhead.log.memory import MemoryLog, MemoryStore, Partition
from bulkhead.log.names import split_partition
from bulkhead.log.port import Holding, Lease, Position, Reader, Record, Writer
from bulkhead.simulation.schedule import MS, S, Schedule

USUAL_US = (100, 2 * MS)
"""from a writer to the log, and from there back"""
SLOW_US = (50 * MS, 5_000 * MS)
TURN_US = (50, 500)
NOTICES_US = 10 * S
"""so long, at most, a process goes on that another one has superseded"""
TAKEN_UNKNOWN_EACH = 20
"""Of so many times that a lease is taken, once who took it is not told."""
SLOW_EACH = 500
"""of so many frames one takes long"""

Wake = Callable[[], None]


class Network:
    """All ways to one log, and what is wrong with them now.

    cut: (party, partition), which do not reach each other. refusing: partitions that take nothing.
    """

    def __init__(self, schedule: Schedule, chance: random.Random) -> None:
        self.schedule = schedule
        self.chance = chance
        self.store = MemoryStore()
        self.log = MemoryLog(self.store)
        self.cut: set[tuple[str, str]] = set()
        self.refusing: set[str] = set()
        self.holds: dict[tuple[str, str], Callable[[bytes], int]] = {}
        """by (party, partition): asked of each frame that the party sends there, how much later it arrives"""
        self.frames = 0
        self.strange: set[tuple[str, int]] = set()
        """partition and offset of what strangers wrote"""
        self.acknowledged: Callable[[str, str, Position], None] = lambda subscription, partition, position: (
            None
        )
        """told of every acknowledgement"""
        self.sends: Callable[[str, str, bytes], None] = lambda producer, partition, frame: None
        """told of every frame when it is sent"""
        self._listeners: dict[str, list[Wake]] = defaultdict(list)

    def reaches(self, party: str, partition: str) -> bool:
        return (party, partition) not in self.cut

    def delay_us(self) -> int:
        """One draw, as a rule: more of these are made than of any others."""
        drawn = self.chance.random() * SLOW_EACH
        if drawn < 1:
            return self.chance.randint(*SLOW_US)
        low, high = USUAL_US
        return low + int((drawn - 1) / (SLOW_EACH - 1) * (high - low))

    def turn_us(self) -> int:
        """From being woken to having done a round of the loop."""
        low, high = TURN_US
        return low + int(self.chance.random() * (high - low))

    def partition(self, name: str) -> Partition:
        topic, number = split_partition(name, self.log.topics(), "the simulated log")
        return self.store.topics[topic][number]

    def append(self, name: str, partition: Partition, frame: bytes) -> None:
        partition.append(frame)
        self.frames += 1
        for wake in self._listeners[name]:
            wake()

    def append_strange(self, name: str, frame: bytes) -> None:
        """What no process and no participant has written by its own program."""
        partition = self.partition(name)
        self.append(name, partition, frame)
        self.strange.add((name, len(partition.records)))

    def listen(self, partition: str, wake: Wake) -> None:
        self._listeners[partition].append(wake)

    def forget(self, wake: Wake) -> None:
        for listeners in self._listeners.values():
            if wake in listeners:
                listeners.remove(wake)

    def lose_tails(self, few: bool, frames_max: int) -> dict[str, int]:
        """What a power cut does: each partition loses some of its last frames, or, where `few`, one or two
        lose up to ten times as many and the others nothing. How many, by partition.
        """
        names = [
            f"{topic}/{number}"
            for topic in sorted(self.store.topics)
            for number in range(len(self.store.topics[topic]))
        ]
        counts = (1, frames_max, 10 * frames_max) if few else (0, 0, 1, 2, frames_max)
        lost = {}
        for name in self.chance.sample(names, self.chance.randint(1, 2)) if few else names:
            records = self.partition(name).records
            count = min(self.chance.choice(counts), len(records))
            if count:
                del records[-count:]
                lost[name] = count
        return lost


class Connection:
    """Implements log.port.Log for one process, called `party`; `wake` tells it that something has come."""

    def __init__(self, network: Network, party: str, wake: Wake) -> None:
        self._network = network
        self._party = party
        self._wake = wake
        self._writers: list[LateWriter] = []

    def create_topic(self, topic: str, partitions: int) -> None:
        self._network.log.create_topic(topic, partitions)

    def topics(self) -> dict[str, int]:
        return self._network.log.topics()

    def reader(self, partition: str, subscription: str) -> Reader:
        self._network.listen(partition, self._wake)
        return CutReader(self._network, self._party, partition, subscription)

    def writer(self, partition: str, producer: str) -> Writer:
        writer = LateWriter(self._network, self._party, partition, producer, self._wake_if_confirmed)
        self._writers.append(writer)
        return writer

    def _wake_if_confirmed(self) -> None:
        """Nothing but a snapshot waits for the log's word, and that for all of it."""
        if not any(writer.on_their_way for writer in self._writers):
            self._wake()

    def lease(self, partition: str, holder: str) -> Lease:
        return LateLease(self._network, self._party, partition, holder)

    def reconnect(self) -> None:
        """Every writer sends again what was not confirmed, not knowing that it has arrived."""
        for writer in self._writers:
            writer.send_again()

    def lose(self, some_arrives: bool = True) -> None:
        """The process has died: of what is on its way a first part still arrives, or nothing."""
        for writer in self._writers:
            writer.lose(some_arrives)

    def close(self) -> None:
        self._network.forget(self._wake)


class CutReader:
    """A memory log's reader, unless its way is cut."""

    def __init__(self, network: Network, party: str, partition: str, subscription: str) -> None:
        self._network = network
        self._party = party
        self._partition = partition
        self._subscription = subscription
        self._reader = network.log.reader(partition, subscription)
        self.seek = self._reader.seek
        self.seek_back = self._reader.seek_back
        self.end = self._reader.end
        self.lag = self._reader.lag
        self.interrupt = self._reader.interrupt
        self.close = self._reader.close

    def receive(self, bytes_max: int, timeout_s: float) -> list[Record]:
        if not self._network.reaches(self._party, self._partition):
            raise TemporaryError(f"{self._partition} can't be read by {self._party} now")
        return self._reader.receive(bytes_max, 0.0)

    def acknowledge(self, position: Position) -> None:
        if not self._network.reaches(self._party, self._partition):
            raise TemporaryError(f"{self._partition} can't be reached by {self._party} now")
        self._network.acknowledged(self._subscription, self._partition, position)
        self._reader.acknowledge(position)


class LateLease:
    """A memory log's lease, whose loss is noticed late: until then two processes send."""

    def __init__(self, network: Network, party: str, partition: str, holder: str) -> None:
        self._network = network
        self._party = party
        self._partition = partition
        self.holder = holder
        self._lease = network.log.lease(partition, holder)
        self._notices_at_us: int | None = None
        self.close = self._lease.close

    def prepare(self) -> bool:
        return True

    def take(self) -> None:
        """Once in a while it is taken, and that is not known."""
        self._reach()
        self._lease.take()
        if self._network.chance.randrange(TAKEN_UNKNOWN_EACH) == 0:
            raise TemporaryError(f"whether {self._party} has taken {self._partition} is not known")

    def holding(self) -> Holding | None:
        self._reach()
        return self._lease.holding()

    def _reach(self) -> None:
        if not self._network.reaches(self._party, self._partition):
            raise TemporaryError(f"{self._partition} can't be reached by {self._party} now")

    def check(self) -> None:
        try:
            self._lease.check()
        except Superseded:
            now_us = self._network.schedule.now_us
            if self._notices_at_us is None:
                self._notices_at_us = now_us + self._network.chance.randrange(NOTICES_US)
            if now_us >= self._notices_at_us:
                raise

    def publish(self, record: bytes) -> None:
        if self._notices_at_us is None:
            self._lease.publish(record)


class LateWriter:
    """Hands frames over at once; they arrive later, and later still that is known here."""

    def __init__(self, network: Network, party: str, partition: str, producer: str, confirmed: Wake) -> None:
        self._network = network
        self._party = party
        self._producer = producer
        self._name = partition
        self._partition = network.partition(partition)
        self._tell = confirmed
        self._queue: deque[bytes] = deque()
        self._handed = 0
        """frames at the queue's head that are on their way"""
        self._confirmed = 0
        self._busy_until_us = 0
        """when the last of them arrives"""
        self._arrive_until: int | None = None
        """of a writer whose process has died: so many of its frames arrive, and no more"""

    def send(self, frame: bytes, last_sequence: int) -> None:
        self._network.sends(self._producer, self._name, frame)
        self._queue.append(frame)

    def pending(self) -> int:
        return len(self._queue)

    @property
    def on_their_way(self) -> int:
        """frames of which the log has not said yet that it has them"""
        return self._handed

    def prepare(self) -> bool:
        return True

    def poll(self, timeout_s: float = 0.0) -> int:
        if self._handed < len(self._queue):
            if not self._network.reaches(self._party, self._name):
                raise TemporaryError(f"{self._name} can't be reached by {self._party} now")
            if self._name in self._network.refusing:
                raise TemporaryError(f"{self._name} takes nothing now")
            while self._handed < len(self._queue):
                self._hand_over(self._handed)
                self._handed += 1
        return self._confirmed

    def _hand_over(self, place: int) -> None:
        number, frame = self._confirmed + place, self._queue[place]
        schedule = self._network.schedule
        hold = self._network.holds.get((self._party, self._name))
        arrives_us = schedule.now_us + self._network.delay_us() + (hold(frame) if hold is not None else 0)
        self._busy_until_us = max(self._busy_until_us, arrives_us)
        schedule.at(self._busy_until_us, lambda: self._arrive(number, frame))

    def _arrive(self, number: int, frame: bytes) -> None:
        if self._arrive_until is not None and number >= self._arrive_until:
            return
        self._network.append(self._name, self._partition, frame)
        if self._arrive_until is None:
            self._network.schedule.after(self._network.delay_us(), lambda: self._confirm(number + 1))

    def _confirm(self, count: int) -> None:
        if self._arrive_until is not None or count <= self._confirmed:
            return
        for _ in range(count - self._confirmed):
            self._queue.popleft()
        self._handed -= count - self._confirmed
        self._confirmed = count
        self._tell()

    def send_again(self) -> None:
        for place in range(self._handed):
            self._hand_over(place)

    def lose(self, some_arrives: bool) -> None:
        if self._arrive_until is None:
            more = self._network.chance.randint(0, self._handed) if some_arrives else 0
            self._arrive_until = self._confirmed + more

    def close(self) -> None:
        """What is on its way arrives."""
