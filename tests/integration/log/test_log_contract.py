"""What every log adapter does, as far as one process can see it."""

import contextlib
import threading
from pathlib import Path

import pytest

from bulkhead.errors import FatalError
from bulkhead.log.port import Log
from tests.integration.log.adapters import ADAPTERS, Adapter, Promise, promising
from tests.integration.log.helpers import acknowledged, append, frames, numbered, parse_numbered, read
from tests.support.running import until

MANY = [numbered("a", number, 700) for number in range(120)]


def test_every_adapter_but_memory_runs_the_tests_with_several_processes_too() -> None:
    assert set(ADAPTERS) - set(promising(Promise.PROCESSES, Promise.KILLS)) == {"memory"}


def test_frames_arrive_as_they_were_sent_and_in_that_order(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    assert frames(log.reader("orders/0", "a"), len(MANY)) == MANY


@pytest.mark.parametrize("frame", [b"\0", b"a" * 1_500_000, bytes(range(256)) * 40])
def test_a_frame_of_any_size_and_content_arrives_whole(log: Log, frame: bytes) -> None:
    append(log.writer("orders/0", "risk/0"), b"before", frame, b"after")
    assert frames(log.reader("orders/0", "a"), 3) == [b"before", frame, b"after"]


def test_a_reader_goes_on_after_any_position_it_is_sent_to(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    reader = log.reader("orders/0", "a")
    records = read(reader, len(MANY))
    assert len({record.position for record in records}) == len(MANY)
    for index in (0, 1, 57, len(MANY) - 2):
        reader.seek(records[index].position)
        assert read(reader, len(MANY) - index - 1) == records[index + 1 :]
    reader.seek(records[-1].position)
    assert reader.receive(1000, 0) == []


def test_positions_are_the_same_for_every_reader_and_after_the_log_was_closed(
    adapter: Adapter, log: Log, tmp_path: Path
) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    records = read(log.reader("orders/0", "a"), len(MANY))
    log.close()
    with contextlib.closing(adapter.open(tmp_path / "log")) as again:
        assert again.topics() == {"books": 1, "orders": 2}
        reader = again.reader("orders/0", "b")
        assert read(reader, len(MANY)) == records
        append(again.writer("orders/0", "risk/0"), b"later")
        assert frames(reader, 1) == [b"later"]


def test_seek_to_none_is_the_beginning(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    reader = log.reader("orders/0", "a")
    first = read(reader, len(MANY))
    reader.seek(None)
    assert read(reader, len(MANY)) == first


def test_seek_back_is_before_the_newest_frames_or_the_beginning(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    reader.seek_back(3)
    assert reader.receive(1000, 0) == []
    append(log.writer("orders/0", "risk/0"), *MANY)
    for count in (1, 57, len(MANY), len(MANY) + 1):
        reader.seek_back(count)
        assert frames(reader, min(count, len(MANY))) == MANY[-count:]


def test_a_position_beyond_the_end_is_fatal_and_leaves_the_reader_where_it_was(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    append(log.writer("orders/1", "risk/0"), b"one", b"two")
    beyond = read(log.reader("orders/0", "a"), len(MANY))[-1].position
    reader = log.reader("orders/1", "a")
    assert frames(reader, 2) == [b"one", b"two"]
    with pytest.raises(FatalError, match=r"orders/1.*beyond the log's end"):
        reader.seek(beyond)
    assert reader.lag() == 0
    reader = log.reader("books/0", "a")
    with pytest.raises(FatalError, match="beyond the log's end"):
        reader.seek(beyond)


@pytest.mark.parametrize("position", [b"", b"\0" * 8, b"1", b"\0" * 9, b"\0" * 12])
def test_bytes_that_are_no_position_are_fatal(log: Log, position: bytes) -> None:
    append(log.writer("orders/0", "risk/0"), b"one")
    with pytest.raises(FatalError, match="no position"):
        log.reader("orders/0", "a").seek(position)


def test_a_batch_stays_within_its_size_but_for_a_single_frame(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), b"a" * 10, b"b" * 10, b"c" * 10, b"d" * 50, b"e" * 10)
    reader = log.reader("orders/0", "a")
    batches = []
    while batch := reader.receive(25, 0):
        batches.append([record.frame[:1] for record in batch])
    assert batches == [[b"a", b"b"], [b"c"], [b"d"], [b"e"]]


def test_what_is_sent_is_pending_and_unseen_until_it_is_confirmed(log: Log) -> None:
    writer = log.writer("orders/0", "risk/0")
    reader = log.reader("orders/0", "a")
    assert (writer.poll(), writer.pending()) == (0, 0)
    writer.send(b"one", 1)
    writer.send(b"two", 2)
    assert writer.pending() == 2
    assert reader.receive(1000, 0) == []
    append(writer)
    assert (writer.poll(), writer.pending()) == (2, 0)
    append(writer, b"three")
    assert writer.poll() == 3
    assert frames(reader, 3) == [b"one", b"two", b"three"]


def test_a_writer_that_is_prepared_has_sent_nothing_and_sends_at_once(log: Log) -> None:
    writer, reader = log.writer("orders/0", "risk/0"), log.reader("orders/0", "a")
    until("it is prepared", writer.prepare)
    assert (writer.poll(), writer.pending()) == (0, 0)
    assert reader.receive(1000, 0) == []
    assert writer.prepare()
    append(writer, b"one")
    assert frames(reader, 1) == [b"one"]


def test_writers_share_a_partition_and_each_keeps_its_order(log: Log) -> None:
    writers = {name: log.writer("orders/0", name) for name in ("risk/0", "risk/1", "clock/0")}
    for number in range(40):
        for name, writer in writers.items():
            append(writer, numbered(name, number, 300))
    taken = [parse_numbered(frame) for frame in frames(log.reader("orders/0", "a"), 120)]
    for name in writers:
        assert [number for sender, number in taken if sender == name] == list(range(40))


def test_readers_of_one_partition_do_not_disturb_each_other(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), *MANY)
    one, other = log.reader("orders/0", "a"), log.reader("orders/0", "b")
    records = read(one, len(MANY))
    acknowledged(one, records[-1].position)
    assert read(other, len(MANY)) == records


def test_partitions_are_apart(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), b"zero")
    append(log.writer("orders/1", "risk/0"), b"one")
    append(log.writer("books/0", "risk/0"), b"book")
    assert frames(log.reader("orders/0", "a"), 1) == [b"zero"]
    assert frames(log.reader("orders/1", "a"), 1) == [b"one"]
    assert frames(log.reader("books/0", "a"), 1) == [b"book"]


def test_end_and_lag_tell_what_is_left_to_read(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    assert (reader.end(), reader.lag()) == (None, 0)
    append(log.writer("orders/0", "risk/0"), *MANY)
    assert reader.lag() == len(MANY)
    end = reader.end()
    first = read(reader, 1, bytes_max=1)
    assert reader.lag() == len(MANY) - 1
    assert read(reader, len(MANY) - 1)[-1].position == end
    assert reader.lag() == 0
    reader.seek(first[0].position)
    assert reader.lag() == len(MANY) - 1


def test_an_acknowledgement_does_not_move_a_reader_not_even_the_next_of_its_name(log: Log) -> None:
    append(log.writer("orders/0", "risk/0"), b"one", b"two")
    reader = log.reader("orders/0", "risk/0")
    acknowledged(reader, read(reader, 1, bytes_max=1)[0].position)
    assert frames(reader, 1) == [b"two"]
    reader.close()
    assert frames(log.reader("orders/0", "risk/0"), 2) == [b"one", b"two"]


def test_a_reader_that_waits_sees_the_first_frame_ever(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    taken: list[bytes] = []
    thread = threading.Thread(target=lambda: taken.extend(frames(reader, 1)))
    thread.start()
    append(log.writer("orders/0", "risk/0"), b"first")
    thread.join(60)
    assert taken == [b"first"]


def test_interrupt_wakes_a_reader_that_waits(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(reader.receive(1000, 3600.0)))
    thread.start()
    reader.interrupt()
    thread.join(60)
    assert taken == [[]]


def test_an_interrupt_that_comes_first_is_kept_for_one_receive(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    reader.interrupt()
    assert reader.receive(1000, 3600.0) == []
    append(log.writer("orders/0", "risk/0"), b"one")
    assert [record.frame for record in reader.receive(1000, 3600.0)] == [b"one"]


def test_an_interrupt_of_a_closed_reader_is_harmless(log: Log) -> None:
    reader = log.reader("orders/0", "a")
    reader.close()
    reader.interrupt()


def test_a_topic_can_grow_and_keeps_its_frames(log: Log) -> None:
    append(log.writer("orders/1", "risk/0"), b"one")
    log.create_topic("orders", 2)
    log.create_topic("orders", 4)
    assert log.topics() == {"books": 1, "orders": 4}
    assert frames(log.reader("orders/1", "a"), 1) == [b"one"]
    append(log.writer("orders/3", "risk/0"), b"three")


@pytest.mark.parametrize(
    ("topic", "partitions"),
    [("orders", 1), ("new", 0), ("", 1), ("../up", 1), (".hidden", 1), ("a/b", 1), ("x" * 65, 1)],
)
def test_a_topic_that_can_not_be_is_refused_and_changes_nothing(
    log: Log, topic: str, partitions: int
) -> None:
    with pytest.raises(ValueError, match="topic"):
        log.create_topic(topic, partitions)
    assert log.topics() == {"books": 1, "orders": 2}


@pytest.mark.parametrize("partition", ["orders", "orders/2", "orders/-1", "orders/00", "other/0", "/0", ""])
def test_a_partition_that_is_not_there_is_fatal_and_the_error_names_it(log: Log, partition: str) -> None:
    with pytest.raises(FatalError, match=r"orders/0|topics there: books, orders|numbered from 0"):
        log.reader(partition, "a")
    with pytest.raises(FatalError, match=repr(partition.partition("/")[0])[:-1]):
        log.writer(partition, "a")


def test_what_is_closed_says_so(log: Log) -> None:
    reader, writer = log.reader("orders/0", "a"), log.writer("orders/0", "risk/0")
    for _ in range(2):
        reader.close()
        writer.close()
    with pytest.raises(FatalError, match=r"orders/0.*closed"):
        reader.receive(1000, 0)
    with pytest.raises(FatalError, match=r"orders/0.*closed"):
        writer.poll()
    log.close()
    log.close()
