"""Runtime and relay: the same frames through the same hops, each on a log of its own."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from actors.launch import Launch
from bench.answers import Answers, PassedAnswers, RelayedAnswers
from bench.census import Census, FramesWritten, Seen, look_at_frame, look_at_relayed
from bench.frames import Prepared, for_relay
from bench.hosts import PassingActor, RelayActor, ask, hosted, pids
from bench.lanes import Lane, pace, saturate
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.machines.factory import input_partition
from bulkhead.topology import derived
from bulkhead.topology.models import Topology

Queues = Sequence[Sequence[Prepared]]
"""by participant"""


@dataclass(frozen=True)
class Sender:
    """A participant as the runtime and the relay know it."""

    name: str
    public_key: bytes
    orders: str
    """the partition that it writes to"""
    reports: str
    """the partition that it reads"""


@dataclass(frozen=True)
class Load:
    """Prepared frames by participant: `warm` before anything is timed, `slices` at full load, one after
    another, `paced` one by one.
    """

    warm: Queues
    slices: Sequence[Queues]
    paced: Queues
    window: int
    """events that a participant may have unanswered at full load"""
    per_s: int
    """of all participants together, one by one"""

    def relayed(self) -> "Load":
        """The same for the relay."""
        return replace(
            self,
            warm=_relayed(self.warm),
            slices=[_relayed(queues) for queues in self.slices],
            paced=_relayed(self.paced),
        )


def _relayed(queues: Queues) -> Queues:
    return [[for_relay(frame, number) for frame in queue] for number, queue in enumerate(queues)]


@dataclass(frozen=True)
class Slice:
    """One stretch of full load."""

    seconds: float
    cpu_s: float
    """of the processes of the hops and of the sender"""
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
        log: Log,
        lanes: Sequence[Lane],
        window: int,
        processes: Sequence[int],
        partitions: Sequence[str],
        look: Callable[[bytes], Seen],
    ) -> None:
        self.lanes = lanes
        self._window = window
        self._processes = processes
        self._frames = FramesWritten(log, partitions, look)

    def run(self, queues: Queues) -> Slice:
        """Send one slice at full load; returns when all of it is answered."""
        before = _cpu_s(self._processes)
        seconds = saturate(self.lanes, queues, self._window)
        spent = _cpu_s(self._processes) - before
        events = sum(frame.events for queue in queues for frame in queue)
        return Slice(seconds, spent, events, self._frames.since_last())

    def pace(self, queues: Queues, per_s: int) -> list[int]:
        """Send frames of one event at a fixed rate; the latencies in microseconds."""
        return pace(self.lanes, queues, per_s)


class RelayStage(Stage):
    """`handles`: the relays, by shard."""

    handles: dict[str, Any]

    def follow(self, cuts: dict[str, dict[str, list[int]]]) -> None:
        """From now on write frames of these many events (Census.cuts)."""
        ask([(handle, "follow", cuts.get(shard, {})) for shard, handle in self.handles.items()])


@dataclass(frozen=True)
class Course:
    """What runtime and relay have in common."""

    senders: Sequence[Sender]
    """one on each risk shard"""
    launches: Sequence[Launch]
    """of their risk shards and of the book, as the exchange starts them"""
    book: str
    topology: Topology
    head: bytes
    """what stands between the authentication and the events of a frame between shards"""
    window: int

    @contextmanager
    def runtime(self, folder: Path) -> Iterator[Stage]:
        """Passing machines in the product's actors. Inside `attached`."""
        snapshots = f"files:{folder / 'snapshots'}?keep=3"
        participants = {_risk(sender): (sender.public_key, sender.reports) for sender in self.senders}
        with self._log(folder) as (log, address):
            arguments = [
                (
                    replace(launch, log_address=address, snapshots_address=snapshots),
                    self.book,
                    participants.get(launch.shard),
                )
                for launch in self.launches
            ]
            with hosted(PassingActor, arguments) as actors:
                lanes = self._lanes(log, PassedAnswers)
                yield Stage(log, lanes, self.window, pids(actors), self._partitions(), look_at_frame)

    @contextmanager
    def relay(self, folder: Path) -> Iterator[RelayStage]:
        """Relays. Inside `attached`."""
        reports = {_risk(sender): sender.reports for sender in self.senders}
        with self._log(folder) as (log, address):
            arguments = [
                (address, launch.shard, self.book, reports.get(launch.shard, ""), self.head)
                for launch in self.launches
            ]
            with hosted(RelayActor, arguments) as actors:
                lanes = self._lanes(log, RelayedAnswers)
                stage = RelayStage(log, lanes, self.window, pids(actors), self._partitions(), look_at_relayed)
                shards = [launch.shard for launch in self.launches]
                stage.handles = dict(zip(shards, actors, strict=True))
                yield stage

    @contextmanager
    def _log(self, folder: Path) -> Iterator[tuple[Log, str]]:
        settings = self.topology.log
        address = f"{settings.adapter}:{folder / 'log'}?durability={settings.durability}"
        log = open_log(address)
        try:
            for topic in derived.topics(self.topology):
                log.create_topic(topic.name, topic.partitions)
            yield log, address
        finally:
            log.close()

    def _lanes(self, log: Log, answers: Callable[[], Answers]) -> list[Lane]:
        return [
            Lane(
                sender.name,
                log.writer(sender.orders, f"{sender.name}/bench"),
                log.reader(sender.reports, "bench"),
                answers(),
            )
            for sender in self.senders
        ]

    def _partitions(self) -> list[str]:
        return partitions_of(self.senders, self.book)


def partitions_of(senders: Sequence[Sender], book: str) -> list[str]:
    """All partitions that the senders' events go through."""
    names = [name for sender in senders for name in (sender.orders, sender.reports)]
    return list(dict.fromkeys([*names, input_partition(book)]))


def _risk(sender: Sender) -> str:
    return f"risk/{sender.orders.split('/')[1]}"


def _cpu_s(processes: Sequence[int]) -> float:
    """CPU time used so far by these processes and this one, all threads."""
    ticks = sum(
        int(number)
        for pid in processes
        for number in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    )
    return ticks / os.sysconf("SC_CLK_TCK") + time.process_time()
