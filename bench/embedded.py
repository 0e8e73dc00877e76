"""The embedded log as a venue: a folder for each stage, a lane for each participant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.answers import Answers
from bench.frames import Sender
from bench.lanes import Lane, OneInbox
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.topology import derived
from bulkhead.topology.models import Topology


@dataclass(frozen=True)
class EmbeddedVenue:
    folder: Path
    topology: Topology
    senders: Sequence[Sender]
    copies: tuple[str, ...] = ()
    broker: tuple[int, ...] = ()

    def address(self, stage: str) -> str:
        settings = self.topology.log
        return f"{settings.adapter}:{self.folder / stage / 'log'}?durability={settings.durability}"

    def opened(self, address: str) -> Log:
        log = open_log(address)
        for topic in derived.topics(self.topology):
            log.create_topic(topic.name, topic.partitions)
        return log

    def lanes(self, log: Log, address: str, answers: Callable[[], Answers]) -> list[Lane]:
        return [lane_of_one(log, sender, answers()) for sender in self.senders]


def lane_of_one(log: Log, sender: Sender, answers: Answers) -> Lane:
    """A participant with a writer and a reader of its own; what was reported before is left out."""
    reader = log.reader(sender.reports, "bench")
    reader.seek(reader.end())
    return Lane(
        sender.name,
        {sender.orders: log.writer(sender.orders, f"{sender.name}/bench")},
        OneInbox(sender.reports, reader),
        {sender.reports: answers},
    )
