"""A Pulsar broker of the benchmark's own, and lanes to the exchanges, runtimes and relays on it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pulsar import Client, ConsumerType, FileLogger, InitialPosition, LoggerLevel, Timeout

from bench.answers import Answers
from bench.embedded import lane_of_one
from bench.frames import Sender
from bench.lanes import RECEIVE_BYTES_MAX, Lane, Report
from bulkhead.broker.server import Server, Status
from bulkhead.log.open import open_log
from bulkhead.log.port import Log
from bulkhead.log.pulsar.address import PulsarAddress, parse
from bulkhead.topology import derived
from bulkhead.topology.models import Topology

TOPICS_AT_ONCE = 8
"""Making one takes the broker 40 ms, most of which is waiting."""


@contextmanager
def own_broker(parent: Path | None, say: Callable[[str], None]) -> Iterator[Status]:
    """A server in a folder of its own, and nothing of it left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bulkhead-bench-", dir=parent))
    server = Server(folder, "bench")
    try:
        yield server.start(say)
    finally:
        server.stop(say)
        shutil.rmtree(folder, ignore_errors=True)


class ManyInbox:
    """Of a lane of many participants: one consumer of all their reports, which no reader of one could wait
    for.
    """

    def __init__(self, client: Client, address: PulsarAddress, partitions: Sequence[str]) -> None:
        self._partitions = {address.partition(p.rpartition("/")[0], 0): p for p in partitions}
        self._consumer = client.subscribe(
            list(self._partitions),
            "bench",
            consumer_type=ConsumerType.Exclusive,
            initial_position=InitialPosition.Latest,
            receiver_queue_size=100,
        )

    def receive(self, timeout_s: float) -> Sequence[Report]:
        reports: list[Report] = []
        room = RECEIVE_BYTES_MAX
        timeout_ms = int(timeout_s * 1000)
        try:
            while room > 0:
                message = self._consumer.receive(timeout_ms)
                reports.append(Report(self._partitions[message.topic_name()], message.data()))
                room -= len(reports[-1].frame)
                timeout_ms = 0
        except Timeout:
            pass  # that is all there is
        return reports


class BrokerVenue:
    """Namespaces of one exchange's participants on one broker."""

    copies = ("market_data/0", "settlement/0")

    def __init__(self, server: Status, topology: Topology, lanes: Sequence[Sequence[Sender]]) -> None:
        self.broker = (server.pid,)
        self._server = server
        self._topology = topology
        self._lanes = lanes
        self._clients: list[Client] = []

    def address(self, stage: str) -> str:
        server = self._server
        return f"{server.service_url}/bulkhead/{self._topology.exchange}-{stage}?admin={server.admin_url}"

    def opened(self, address: str) -> Log:
        log = open_log(address)
        first, *others = derived.topics(self._topology)
        log.create_topic(first.name, first.partitions)  # and the namespace
        with ThreadPoolExecutor(TOPICS_AT_ONCE) as pool:
            list(pool.map(lambda topic: log.create_topic(topic.name, topic.partitions), others))
        return log

    def lanes(self, log: Log, address: str, answers: Callable[[], Answers]) -> list[Lane]:
        return [self._lane(log, address, senders, answers) for senders in self._lanes]

    def _lane(
        self, log: Log, address: str, senders: Sequence[Sender], answers: Callable[[], Answers]
    ) -> Lane:
        if len(senders) == 1:
            return lane_of_one(log, senders[0], answers())
        name = senders[0].name
        orders = sorted({sender.orders for sender in senders})
        parsed = parse(address)
        assert parsed is not None
        client = Client(parsed.service_url, logger=FileLogger(LoggerLevel.Error, os.devnull))
        self._clients.append(client)
        return Lane(
            f"{name} and {len(senders) - 1} more",
            {partition: log.writer(partition, f"{name}/bench") for partition in orders},
            ManyInbox(client, parsed, [sender.reports for sender in senders]),
            {sender.reports: answers() for sender in senders},
        )

    def close(self) -> None:
        for client in self._clients:
            client.close()
