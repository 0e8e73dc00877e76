"""What only the log on Pulsar can get into: brokers that go away, topics that move, repetitions, cursors."""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from pulsar import Client, FileLogger, LoggerLevel, MessageId

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.open import erase_log, open_log
from bulkhead.log.port import Log, Reader, Writer
from bulkhead.log.pulsar.address import PulsarAddress, parse
from bulkhead.log.pulsar.admin import PulsarAdmin
from bulkhead.log.pulsar.credentials import Credentials
from bulkhead.log.pulsar.writer import FRAME_BYTES_MAX
from tests.integration.log.helpers import acknowledged, append, frames, numbered, parse_numbered, read
from tests.support.pulsar import Broker, running_broker
from tests.support.running import until

pytestmark = pytest.mark.pulsar


@pytest.fixture
def address(pulsar_broker: Broker, tmp_path: Path) -> str:
    return pulsar_broker.address(tmp_path.name)


@pytest.fixture
def log(address: str) -> Iterator[Log]:
    """A log with the topics orders, which participants write to, and books, which they don't."""
    log = open_log(address)
    log.create_topic("orders", 1)
    log.create_topic("books", 1)
    yield log
    log.close()
    erase_log(address)


@pytest.fixture
def parts(address: str) -> PulsarAddress:
    parsed = parse(address)
    assert parsed is not None
    return parsed


@pytest.fixture
def admin(parts: PulsarAddress) -> Iterator[PulsarAdmin]:
    admin = PulsarAdmin(parts, Credentials(parts))
    yield admin
    admin.close()


@pytest.fixture
def raw(parts: PulsarAddress) -> Iterator[Any]:
    """Pulsar's own client."""
    client = Client(parts.service_url, logger=FileLogger(LoggerLevel.Error, os.devnull))
    yield client
    client.close()


def internal_stats(parts: PulsarAddress, partition: str) -> Any:
    path = f"persistent/{parts.tenant}/{parts.namespace}/{partition}/internalStats"
    return httpx.get(f"{parts.admin_url}/admin/v2/{path}", timeout=30.0).json()


def pushed(writer: Writer) -> None:
    """Poll until everything is confirmed, however often the log refuses."""

    def look() -> bool:
        try:
            writer.poll(0.5)
        except TemporaryError:
            return False
        return writer.pending() == 0

    until("everything confirmed", look, 180.0)


def taken(reader: Reader, count: int) -> list[bytes]:
    """The next `count` frames, however often the log refuses."""
    found: list[bytes] = []

    def look() -> bool:
        try:
            found.extend(record.frame for record in reader.receive(1_000_000, 0.5))
        except TemporaryError:
            return False
        return len(found) >= count

    until(f"{count} frames", look, 180.0)
    return found


def without_repetitions(numbers: list[int]) -> list[int]:
    """What a receiver keeps: it drops what is not beyond the last one taken."""
    kept: list[int] = []
    for number in numbers:
        if not kept or number > kept[-1]:
            kept.append(number)
    return kept


def deduplicating(parts: PulsarAddress, raw: Any) -> None:
    """A topic's policy reaches its partitions a moment after it is set."""
    producer = raw.create_producer(parts.partition("books", 0), producer_name="probe")
    until("the broker drops repetitions", lambda: producer.send(b"probe", sequence_id=1).entry_id() == -1)
    producer.close()


def test_a_frame_is_one_message_and_its_position_is_the_message_id(
    log: Log, parts: PulsarAddress, raw: Any
) -> None:
    append(log.writer("orders/0", "alice"), b"one", b"two")
    reader = raw.create_reader(parts.partition("orders", 0), MessageId.earliest)
    messages = [reader.read_next(30_000) for _ in range(2)]
    assert [message.data() for message in messages] == [b"one", b"two"]
    assert [message.message_id().serialize() for message in messages] == [
        record.position for record in read(log.reader("orders/0", "a"), 2)
    ]


def test_a_resend_cut_differently_is_dropped_up_to_what_the_broker_has_whole(
    log: Log, parts: PulsarAddress, raw: Any
) -> None:
    deduplicating(parts, raw)
    first = log.writer("books/0", "risk/0/a")
    for frame, last in ((b"1-3", 3), (b"4-6", 6)):
        first.send(frame, last)
    pushed(first)
    first.close()
    second = log.writer("books/0", "risk/0/a")
    for frame, last in ((b"1-2", 2), (b"3-5", 5), (b"6-8", 8)):
        second.send(frame, last)
    pushed(second)
    found = [frame for frame in taken(log.reader("books/0", "book/0"), 3) if frame != b"probe"]
    assert found == [b"1-3", b"4-6", b"6-8"]


def test_nobody_can_silence_another_on_a_topic_that_participants_write(
    log: Log, parts: PulsarAddress, raw: Any
) -> None:
    poison = raw.create_producer(parts.partition("orders", 0), producer_name="alice/orders")
    poison.send(b"poison", sequence_id=2**62)
    poison.close()
    append(log.writer("orders/0", "alice/orders"), b"one", b"two")
    assert frames(log.reader("orders/0", "a"), 3) == [b"poison", b"one", b"two"]


def test_nobody_can_shut_another_out_by_taking_its_producer_s_name_there(
    log: Log, parts: PulsarAddress, raw: Any
) -> None:
    squatter = raw.create_producer(parts.partition("orders", 0), producer_name="book/0/a")
    squatter.send(b"taken")
    append(log.writer("orders/0", "book/0/a"), b"one")
    assert frames(log.reader("orders/0", "a"), 2) == [b"taken", b"one"]
    squatter.close()


def test_an_acknowledgement_moves_a_durable_cursor_of_the_subscription(
    log: Log, parts: PulsarAddress
) -> None:
    append(log.writer("orders/0", "alice"), b"one", b"two", b"three")
    reader = log.reader("orders/0", "risk/0")
    records = read(reader, 3)
    acknowledged(reader, records[0].position)
    acknowledged(reader, records[1].position)
    reader.close()

    def cursor() -> bool:
        cursors = internal_stats(parts, "orders-partition-0")["cursors"]
        return any(each["markDeletePosition"].endswith(":1") for each in cursors.values())

    until("the cursor stands on the second frame", cursor)
    assert frames(log.reader("orders/0", "risk/0"), 3) == [b"one", b"two", b"three"]


def test_a_namespace_keeps_everything_and_makes_no_topic_by_itself(
    log: Log, parts: PulsarAddress, raw: Any
) -> None:
    path = f"{parts.admin_url}/admin/v2/namespaces/{parts.tenant}/{parts.namespace}"
    policies = httpx.get(path, timeout=30.0).json()
    assert policies["retention_policies"] == {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
    assert policies["backlog_quota_map"]["destination_storage"]["limitSize"] == -1
    with pytest.raises(Exception, match="TopicNotFound"):
        raw.create_producer(parts.topic("misspelled"))
    with pytest.raises(FatalError, match=r"no topic 'misspelled'.*books, orders"):
        log.writer("misspelled/0", "a")


@pytest.mark.parametrize("topic", ["reports.a-partition-0", "__change_events"])
def test_a_name_that_pulsar_would_take_for_something_else_is_refused(log: Log, topic: str) -> None:
    with pytest.raises(ValueError, match="on Pulsar"):
        log.create_topic(topic, 1)
    assert log.topics() == {"books": 1, "orders": 1}


def test_a_frame_larger_than_a_message_may_be_is_refused_when_it_is_sent(log: Log) -> None:
    writer = log.writer("orders/0", "a")
    with pytest.raises(ValueError, match="more than Pulsar takes"):
        writer.send(bytes(FRAME_BYTES_MAX + 1), 1)
    append(writer, bytes(FRAME_BYTES_MAX))
    assert [len(frame) for frame in frames(log.reader("orders/0", "a"), 1)] == [FRAME_BYTES_MAX]


def test_a_writer_whose_name_is_in_use_waits_for_it(log: Log) -> None:
    first, second = log.writer("books/0", "risk/0/a"), log.writer("books/0", "risk/0/a")
    first.send(b"one", 1)
    pushed(first)
    second.send(b"two", 2)
    with pytest.raises(TemporaryError, match="ProducerBusy"):
        until("the name is refused", lambda: second.poll(1.0))
    first.close()
    pushed(second)
    assert frames(log.reader("books/0", "book/0"), 2) == [b"one", b"two"]


def test_positions_hold_over_the_ledgers_that_unloading_begins(log: Log, admin: PulsarAdmin) -> None:
    writer = log.writer("orders/0", "alice")
    reader = log.reader("orders/0", "a")
    sent = []
    for number in range(12):
        frame = numbered("alice", number, 50)
        writer.send(frame, number + 1)
        pushed(writer)
        sent.append(frame)
        if number % 4 == 3:
            admin.unload("orders-partition-0")
    records = read(log.reader("orders/0", "b"), 12)
    assert [record.frame for record in records] == sent
    assert taken(reader, 12) == sent
    assert reader.end() == records[-1].position
    for index, record in enumerate(records):
        reader.seek(record.position)
        assert reader.lag() == 11 - index
        assert taken(reader, 11 - index) == sent[index + 1 :]


def test_unloading_in_the_middle_loses_and_reorders_nothing(log: Log, admin: PulsarAdmin) -> None:
    writers = {name: log.writer("books/0", name) for name in ("risk/0/a", "risk/1/a")}
    reader = log.reader("books/0", "book/0")
    found: list[bytes] = []
    for round_number in range(5):
        for number in range(round_number * 200 + 1, round_number * 200 + 201):
            for name, writer in writers.items():
                writer.send(numbered(name, number, 500), number)
        for writer in writers.values():
            writer.poll()
        admin.unload("books-partition-0")
        found += [record.frame for record in reader.receive(1_000_000, 0.5)]
    for writer in writers.values():
        pushed(writer)
    found += taken(reader, 2000 - len(found))
    parsed = [parse_numbered(frame) for frame in found]
    for name in writers:
        numbers = [number for sender, number in parsed if sender == name]
        assert without_repetitions(numbers) == list(range(1, 1001))


class Flow:
    """One stream of numbered frames through one partition, and what was read of it."""

    def __init__(self, log: Log, partition: str, producer: str) -> None:
        self.writer = log.writer(partition, producer)
        self.reader = log.reader(partition, "a")
        self.producer = producer
        self.sent = 0
        self.read: list[int] = []

    def send(self, count: int, size: int) -> None:
        for _ in range(count):
            self.sent += 1
            self.writer.send(numbered(self.producer, self.sent, size), self.sent)
            with suppress(TemporaryError):
                self.writer.poll()

    def tell(self) -> None:
        """What a poll and a receive tell when nobody is there."""
        with pytest.raises(TemporaryError, match=f"{self.producer} are kept; is it up"):
            until("the writer tells that the broker is away", lambda: self.writer.poll(2.0) < 0)
        with pytest.raises(TemporaryError, match="is it up"):
            until("the reader tells that the broker is away", lambda: self.receive(2.0))

    def take(self) -> bool:
        """Whether the last frame sent was read."""
        with suppress(TemporaryError):
            self.receive(0.5)
        return bool(self.read) and self.read[-1] == self.sent

    def receive(self, timeout_s: float) -> None:
        records = self.reader.receive(100_000, timeout_s)
        self.read += [parse_numbered(record.frame)[1] for record in records]


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    """One that the test may kill."""
    with running_broker(tmp_path) as broker:
        yield broker


def test_a_killed_broker_loses_nothing_confirmed_and_everything_goes_on_when_it_is_back(
    own_broker: Broker,
) -> None:
    with closing(open_log(own_broker.address("killed"))) as log:
        log.create_topic("orders", 1)
        log.create_topic("books", 1)
        flows = [Flow(log, "orders/0", "alice"), Flow(log, "books/0", "risk/0/a")]
        for _ in range(2):
            for flow in flows:
                flow.take()
                flow.send(400, 2000)
            own_broker.kill()
            for flow in flows:
                # Neither what is known already, nor what is new, needs the broker.
                flow.sent += 1
                flow.writer.send(numbered(flow.producer, flow.sent, 10), flow.sent)
                flow.reader.lag()
                flow.tell()
            own_broker.start_again()
        for flow in flows:
            pushed(flow.writer)
            until(f"the last frame of {flow.producer}", flow.take, 180.0)
            assert without_repetitions(flow.read) == list(range(1, flow.sent + 1))
        orders, books = flows
        assert len(books.read) >= books.sent
        again = [
            parse_numbered(each.frame)[1] for each in read(log.reader("orders/0", "b"), len(orders.read))
        ]
        assert again == orders.read


def test_what_is_made_while_the_broker_is_away_works_when_it_is_there(own_broker: Broker) -> None:
    address = own_broker.address("early")
    with closing(open_log(address)) as log:
        log.create_topic("orders", 1)
        append(log.writer("orders/0", "alice"), b"one")
        position = read(log.reader("orders/0", "a"), 1)[0].position
    own_broker.kill()
    with closing(open_log(address)) as log:
        reader, writer = log.reader("orders/0", "a"), log.writer("orders/0", "alice")
        lost = log.reader("nowhere/0", "a")
        writer.send(b"two", 2)
        with pytest.raises(TemporaryError):
            reader.seek(position)
        with pytest.raises(TemporaryError):
            reader.acknowledge(position)
        with pytest.raises(TemporaryError):
            log.create_topic("books", 1)
        assert reader.lag() == 0
        own_broker.start_again()
        pushed(writer)
        reader.seek(position)
        assert taken(reader, 1) == [b"two"]
        with pytest.raises(FatalError, match=r"nowhere/0.*create_topic"):
            taken(lost, 1)


def test_erasing_leaves_nothing_and_nothing_of_the_broker_s_memory_of_producers(
    log: Log, address: str, parts: PulsarAddress, raw: Any
) -> None:
    deduplicating(parts, raw)
    append(log.writer("books/0", "genesis"), b"one", b"two")
    log.close()
    erase_log(address)
    erase_log(address)
    again = open_log(address)
    assert again.topics() == {}
    again.create_topic("books", 1)
    assert again.reader("books/0", "a").end() is None
    append(again.writer("books/0", "genesis"), b"other")
    assert frames(again.reader("books/0", "a"), 1) == [b"other"]
    again.close()
