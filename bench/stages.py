"""Runtime and relays: the same frames through the same hops, each on a log of its own."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from actors.launch import Launch
from bench.answers import Answers, PassedAnswers, RelayedAnswers
from bench.census import Census, FramesWritten, look_at_frame, look_at_relayed, look_at_signed
from bench.frames import Prepared, Sender, for_relay
from bench.hosts import PassingActor, RelayActor, ask, hosted, pids, problems
from bench.lanes import Lane, Stalled, pace, saturate
from bench.relay import Hop
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition
from bulkhead.runtime.identity import Identity

Queues = Sequence[Sequence[Prepared]]
"""by lane"""


def relayed(queues: Queues) -> Queues:
    """The same frames for a relay that verifies nothing."""
    return [[for_relay(frame) for frame in queue] for queue in queues]


@dataclass(frozen=True)
class Slice:
    """One stretch of full load."""

    seconds: float
    cpu_s: float
    """of the processes of the hops and of the sender"""
    broker_cpu_s: float
    """of the log's own process; 0 where it has none"""
    events: int
    census: Census

    @property
    def per_s(self) -> float:
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """For each event."""
        return self.cpu_s / self.events * 1e6


class Stage:
    """Lanes into running actors on one log."""

    def __init__(
        self,
        lanes: Sequence[Lane],
        processes: Sequence[int],
        problems: Callable[[], str],
        broker: Sequence[int],
        written: FramesWritten,
    ) -> None:
        self.lanes = lanes
        self._processes = processes
        self._problems = problems
        self._broker = broker
        self._written = written

    def run(self, queues: Queues, window: int) -> Slice:
        """Send one slice at full load; returns when all of it is answered."""
        before = _cpu_s(self._processes) + time.process_time(), _cpu_s(self._broker)
        try:
            seconds = saturate(self.lanes, queues, window)
        except Stalled as stalled:
            raise Stalled(f"{stalled}. {self._problems()}") from stalled
        after = _cpu_s(self._processes) + time.process_time(), _cpu_s(self._broker)
        events = sum(frame.events for queue in queues for frame in queue)
        census = self._written.since_last(report for lane in self.lanes for report in lane.arrived)
        for lane in self.lanes:
            lane.arrived.clear()
        return Slice(seconds, after[0] - before[0], after[1] - before[1], events, census)

    def pace(self, queues: Queues, per_s: int) -> list[int]:
        """Send frames at a fixed rate; the events' latencies in microseconds."""
        return pace(self.lanes, queues, per_s)


class RelayStage(Stage):
    """`handles`: the relays, by shard."""

    handles: dict[str, Any]

    def follow(self, cuts: dict[str, dict[str, list[int]]]) -> None:
        """From now on write frames of these many events (Census.cuts)."""
        ask([(handle, "follow", cuts.get(shard, {})) for shard, handle in self.handles.items()])

    def impatient(self) -> int:
        """How many frames were sent because their cut was waited for too long."""
        return sum(status["impatient"] for status in ask([(h, "status") for h in self.handles.values()]))


class Venue(Protocol):
    """Where stages have their logs, and how a sender reaches them."""

    @property
    def copies(self) -> Sequence[str]:
        """The partitions that a book writes everything to, too."""
        ...

    @property
    def broker(self) -> Sequence[int]:
        """The log's own processes."""
        ...

    def address(self, stage: str) -> str:
        """Of a stage's own log."""
        ...

    def opened(self, address: str) -> Log:
        """The log there, with the topics of an exchange."""
        ...

    def lanes(self, log: Log, address: str, answers: Callable[[], Answers]) -> list[Lane]:
        """The senders' lanes."""
        ...


@dataclass(frozen=True)
class Course:
    """What runtime and relays have in common."""

    senders: Sequence[Sender]
    launches: Sequence[Launch]
    """of their risk shards and of the book, as the exchange starts them"""
    book: str
    identity: Identity
    head: bytes
    """what stands between the authentication and the events of a frame between shards"""
    venue: Venue

    @contextmanager
    def runtime(self, folder: Path) -> Iterator[Stage]:
        """Passing machines in the product's actors. Inside `attached`."""
        snapshots = f"files:{folder / 'snapshots'}?keep=3"
        with self._log("runtime") as (log, address):
            arguments = [
                (
                    replace(launch, log_address=address, snapshots_address=snapshots),
                    self.book,
                    {sender.public_key: sender.reports for sender in self._of(launch)},
                    self.venue.copies,
                )
                for launch in self.launches
            ]
            with hosted(PassingActor, arguments) as actors:
                lanes = self.venue.lanes(log, address, PassedAnswers)
                written = FramesWritten(log, self.partitions(), look_at_frame)
                yield Stage(lanes, pids(actors), partial(problems, actors), self.venue.broker, written)

    @contextmanager
    def relay(self, name: str, verifies: bool = False) -> Iterator[RelayStage]:
        """Relays; those that verify take participants' frames as they were signed. Inside `attached`."""
        with self._log(name) as (log, address):
            hops = [self._hop(launch, address, verifies) for launch in self.launches]
            with hosted(RelayActor, [(hop,) for hop in hops]) as actors:
                lanes = self.venue.lanes(log, address, RelayedAnswers)
                written = FramesWritten(
                    log, self.partitions(), look_at_signed if verifies else look_at_relayed
                )
                stage = RelayStage(lanes, pids(actors), partial(problems, actors), self.venue.broker, written)
                stage.handles = dict(zip((hop.shard for hop in hops), actors, strict=True))
                yield stage

    def partitions(self) -> list[str]:
        """All partitions on the way but the reports'."""
        return [
            *dict.fromkeys(s.orders for s in self.senders),
            input_partition(self.book),
            *self.venue.copies,
        ]

    def _hop(self, launch: Launch, address: str, verifies: bool) -> Hop:
        senders = self._of(launch)
        return Hop(
            address,
            launch.shard,
            self.book,
            {sender.number: sender.reports for sender in senders},
            self.venue.copies,
            self.head,
            self.identity if verifies else None,
            {sender.public_key: sender.number for sender in senders},
        )

    def _of(self, launch: Launch) -> list[Sender]:
        """Whose orders the shard gets."""
        partition = input_partition(launch.shard)
        return [sender for sender in self.senders if sender.orders == partition]

    @contextmanager
    def _log(self, name: str) -> Iterator[tuple[Log, str]]:
        address = self.venue.address(name)
        log = self.venue.opened(address)
        try:
            yield log, address
        finally:
            log.close()


def _cpu_s(processes: Sequence[int]) -> float:
    """CPU time used so far by these processes, all threads."""
    ticks = sum(
        int(number)
        for pid in processes
        for number in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    )
    return ticks / os.sysconf("SC_CLK_TCK")
