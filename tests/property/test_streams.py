"""Streams end to end: whatever is cut, repeated or resent, each event is taken once and in order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.log.open import open_log
from bulkhead.machines.interface import Output
from bulkhead.machines.streams import Gap, InputStream, Mismatch, OutputStream
from bulkhead.runtime import publisher as publisher_module
from bulkhead.runtime import source as source_module
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.publisher import Publisher
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.frame import Frame, advance_crc, authenticated_bytes, join_events, read_frame

IDENTITY = Identity("x", b"g" * 16, b"m" * 32)
events_of_any_length = st.lists(st.binary(max_size=70), max_size=40)
FRAME_BYTES_MAX = 100
"""instead of 128 KiB, so that short events need many frames"""


def _frame(events: list[bytes], first: int, count: int, crc: int | None = None) -> Frame:
    part = events[first - 1 : first - 1 + count]
    before = advance_crc(0, events[: first - 1]) if crc is None else crc
    return Frame(
        authenticated_bytes("x", b"g" * 16, "a/0", "b/0", first, before, 0, len(part), join_events(part))
    )


@given(st.lists(st.binary(max_size=9), min_size=1, max_size=30), st.data())
def test_a_receiver_takes_each_event_once_whatever_frames_come(
    events: list[bytes], data: st.DataObject
) -> None:
    """A frame that begins at or before the next number brings what is new; a later one changes nothing."""
    stream, taken = InputStream(), []
    while stream.last < len(events):
        first = data.draw(st.integers(1, len(events)), "first")
        frame = _frame(events, first, data.draw(st.integers(1, 6), "count"))
        if first > stream.last + 1:
            before = stream.last, stream.crc
            with pytest.raises(Gap) as gap:
                stream.admit(frame)
            assert (gap.value.expected, gap.value.received) == (stream.last + 1, first)
            assert (stream.last, stream.crc) == before
            frame = _frame(events, stream.last + 1, 1)  # so that it ends
        new = stream.admit(frame)
        stream.take(new)
        taken += new
        assert stream.last == len(taken)
    assert taken == events
    assert stream.crc == advance_crc(0, events)


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=2, max_size=20), st.data())
def test_other_events_than_those_taken_are_noticed_with_the_next_new_one(
    events: list[bytes], data: st.DataObject
) -> None:
    taken = data.draw(st.integers(1, len(events) - 1), "taken")
    changed = data.draw(st.integers(0, taken - 1), "changed")
    stream = InputStream()
    stream.take(events[:taken])
    other = list(events)
    other[changed] = bytes([events[changed][0] ^ 1]) + events[changed][1:]
    before = stream.last, stream.crc
    with pytest.raises(Mismatch):
        stream.admit(_frame(other, data.draw(st.integers(1, taken + 1), "first"), len(events)))
    assert (stream.last, stream.crc) == before


@given(st.lists(events_of_any_length.filter(bool), max_size=6))
def test_the_digest_of_an_output_stream_does_not_depend_on_how_it_was_cut(batches: list[list[bytes]]) -> None:
    whole, cut = OutputStream(), OutputStream()
    for batch in batches:
        whole.number("b/0", batch)
        for event in batch:
            cut.number("b/0", [event])
    assert (whole.last, whole.crc, whole.digest()) == (cut.last, cut.crc, cut.digest())


def test_an_output_digest_tells_streams_apart_across_its_blocks() -> None:
    digests = set()
    for spoilt in range(-1, 300):
        stream = OutputStream()
        for number in range(300):
            stream.number("b/0", [b"x" * 40 + bytes([number == spoilt])])
        digests.add(stream.digest())
    assert len(digests) == 301


def _received(log: Any, partition: str) -> list[bytes]:
    stream, taken = InputStream(), []
    for record in log.reader(partition, "test").receive(1 << 30, 0.0):
        frame = read_frame(record.frame)
        new = stream.admit(frame)
        stream.take(new)
        taken += new
        assert sum(map(len, frame.events)) <= FRAME_BYTES_MAX or len(frame.events) == 1
    return taken


@given(st.lists(events_of_any_length.filter(bool), max_size=8), st.lists(st.booleans(), max_size=8))
def test_a_publisher_cuts_any_outputs_into_frames_that_join_to_them(
    batches: list[list[bytes]], publish_after: list[bool]
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publisher_module, "FRAME_BYTES_MAX", FRAME_BYTES_MAX)
        log = open_log("memory:publisher")
        log.create_topic(f"t{_next()}", 1)
        partition = f"t{_counter[0]}/0"
        publisher = Publisher(log, IDENTITY, "a/0", "a/0/a", MacSealer(IDENTITY.mac_key), lambda: 0)
        numbered = OutputStream()
        for number, batch in enumerate(batches):
            output: Output = numbered.number(partition, batch)
            publisher.gather([output])
            if publish_after[number : number + 1] == [True]:
                publisher.publish()
        publisher.publish()
        assert publisher.confirm() == {}
        assert _received(log, partition) == [event for batch in batches for event in batch]
        assert publisher.events_sent == numbered.last
        log.close()


@given(st.lists(events_of_any_length, max_size=8))
def test_a_source_cuts_what_it_sends_into_frames_that_join_to_it(batches: list[list[bytes]]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(source_module, "FRAME_BYTES_MAX", FRAME_BYTES_MAX)
        log = open_log("memory:source")
        log.create_topic(f"t{_next()}", 1)
        partition = f"t{_counter[0]}/0"
        source = Source(log, IDENTITY, "a/0", partition, MacSealer(IDENTITY.mac_key), "a/0")
        for batch in batches:
            source.send(batch, 0)
        source.flush()
        assert _received(log, partition) == [event for batch in batches for event in batch]
        log.close()


_counter = [0]


def _next() -> int:
    _counter[0] += 1
    return _counter[0]
