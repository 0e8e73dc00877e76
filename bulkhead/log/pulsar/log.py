"""The log on Pulsar: topics in one namespace, and the making of readers and writers."""

import atexit
import re
import secrets
import threading
import time
import weakref

from pulsar import Client, PulsarException, TopicNotFound

from bulkhead.errors import TemporaryError
from bulkhead.log.lease import check_lease
from bulkhead.log.names import check_topic, fewer_partitions, is_topic, split_partition
from bulkhead.log.port import LEASE_TOPIC
from bulkhead.log.pulsar.address import PulsarAddress, check_name
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.attempt import Attempt, close_quietly, settle
from bulkhead.log.pulsar.connection import connect
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.log.pulsar.lease import PulsarLease
from bulkhead.log.pulsar.reader import PulsarReader
from bulkhead.log.pulsar.writer import PulsarWriter

OPEN_TOPICS = re.compile(r"orders|ingress\..*")
"""Topics that participants write to. There the broker must not drop what it takes for a repetition: a
participant could send a high number under another's producer name, and silence it, and in its own topic every
session begins at 1. Nor may a producer's name be one that a participant could take first.
"""
LEASE_RETENTION_MINUTES = 60
"""Of a topic for leases, where every shard says four times a second how far it is. Then still who had it, and
how far, can be read by hand after a failure.
"""
LOOK_UP_S = 2.0
"""So long a broker may take to say how many partitions a topic has. Without an answer, making the reader or
the producer will tell.
"""
ERASE_S, ERASE_PAUSE_S = 10.0, 0.2
"""A topic can't be deleted while the broker moves it."""

_opened: "weakref.WeakSet[PulsarLog]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """The client's threads must not call back into a Python that is going down: it would abort."""
    for log in list(_opened):
        log.close()


class PulsarLog:
    """A `Log` in one namespace of a Pulsar cluster. Opening it connects to nothing yet."""

    def __init__(self, address: PulsarAddress) -> None:
        self._address = address
        self._credentials = Credentials(address)
        self._admin = PulsarAdmin(address, self._credentials)
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._namespace_made = False
        self._known: dict[str, int] = {}
        """topics that were seen, with their partitions, which never get fewer"""
        self._open: list[PulsarReader | PulsarWriter | PulsarLease] = []
        _opened.add(self)

    def create_topic(self, topic: str, partitions: int) -> None:
        check_topic(topic, partitions)
        check_name(topic)
        if not self._namespace_made:
            self._admin.create_namespace()
            self._namespace_made = True
        there = self._admin.partitions(topic)
        if partitions < there:
            raise fewer_partitions(topic, there, partitions)
        if there == 0:
            self._admin.create_topic(topic, partitions)
        elif there < partitions:
            self._admin.grow_topic(topic, partitions)
        else:
            self._admin.complete_topic(topic)
        if topic.startswith(LEASE_TOPIC):
            # Every claim is a message of its own, whoever makes it; and only the newest are of use.
            self._admin.set_deduplication(topic, False)
            self._admin.set_retention(topic, LEASE_RETENTION_MINUTES)
        else:
            self._admin.set_deduplication(topic, OPEN_TOPICS.fullmatch(topic) is None)

    def topics(self) -> dict[str, int]:
        return {topic: self._admin.partitions(topic) for topic in self._admin.topics()}

    def reader(self, partition: str, subscription: str) -> PulsarReader:
        topic, number = self._find(partition)
        reader = PulsarReader(
            self._connection(),
            self._admin,
            self._address.partition(topic, number),
            number,
            partition,
            self._credentials.subscription(subscription),
        )
        self._open.append(reader)
        return reader

    def writer(self, partition: str, producer: str) -> PulsarWriter:
        topic, number = self._find(partition)
        writer = PulsarWriter(
            self._connection(),
            self._address.partition(topic, number),
            partition,
            producer,
            shared=OPEN_TOPICS.fullmatch(topic) is not None,
        )
        self._open.append(writer)
        return writer

    def lease(self, partition: str, holder: str) -> PulsarLease:
        check_lease(partition, holder)
        topic, number = self._find(partition)
        full = self._address.partition(topic, number)
        client = self._connection()
        # A name of its own: that of a holder before may still be in use, and nobody is to wait for it.
        producer = f"{partition}/{secrets.token_hex(8)}"
        lease = PulsarLease(
            PulsarReader(
                client, self._admin, full, number, partition, self._credentials.subscription(partition)
            ),
            PulsarWriter(client, full, partition, producer),
            self._admin,
            (full.rpartition("/")[2], number),
            partition,
            holder,
        )
        self._open.append(lease)
        return lease

    def _find(self, partition: str) -> tuple[str, int]:
        topic, slash, number = partition.rpartition("/")
        well_formed = bool(slash) and is_topic(topic) and number.isdecimal() and str(int(number)) == number
        if well_formed and int(number) >= self._known.get(topic, 0):
            there = self._look_up(topic)
            if there is None:
                return topic, int(number)
            self._known[topic] = there
        if well_formed and int(number) < self._known.get(topic, 0):
            return topic, int(number)
        # There is no such partition: said with what there is.
        return split_partition(partition, self.topics(), str(self._address))

    def _look_up(self, topic: str) -> int | None:
        """How many partitions a topic has; None when nobody answers now.

        Asked as a client, not as an administrator, which a participant is not.
        """
        client, name = self._connection(), self._address.topic(topic)
        attempt: Attempt[list[str]] = Attempt(lambda: client.get_topic_partitions(name), lambda _: None)
        try:
            found = attempt.result(LOOK_UP_S)
        except TopicNotFound:
            return 0
        except PulsarException:  # or it may use a partition and not ask about the topic
            return None
        # A topic that is not partitioned answers with its own name, and is none of ours.
        return None if found is None else sum(each != name for each in found)

    def _connection(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = connect(self._address, self._credentials)
            return self._client

    def close(self) -> None:
        while self._open:
            self._open.pop().close()
        self._admin.close()
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            close_quietly(client)
            settle()


def erase(address: PulsarAddress) -> None:
    """Delete every topic in the namespace with all that it holds; nothing where there is none."""
    admin = PulsarAdmin(address, Credentials(address))
    give_up_at = time.monotonic() + ERASE_S
    try:
        while True:
            try:
                return admin.delete_topics()
            except TemporaryError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(ERASE_PAUSE_S)
    finally:
        admin.close()
