"""Every message there is, and bytes that are none."""

from dataclasses import astuple
from typing import Any

import msgpack  # type: ignore[import-untyped]  # it publishes no types
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.amounts import AMOUNT_MAX
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, encode
from bulkhead.wire.frame import Unreadable, authenticated_bytes, join_events, read_frame, split_body
from bulkhead.wire.kinds import Kind
from bulkhead.wire.table import TABLE, Entry

Values = st.SearchStrategy[Any]


def near(low: int, high: int) -> st.SearchStrategy[int]:
    """Anywhere in the range, and often where an encoding changes its length."""
    powers = [2**bits for bits in (5, 7, 8, 15, 16, 31, 32, 62, 63)]
    edges = [edge for power in powers for edge in (power - 1, power, -power)]
    return st.integers(low, high) | st.sampled_from([e for e in [low, high, 0, *edges] if low <= e <= high])


BY_KIND: dict[str, Values] = {
    "u8": near(0, 2**8 - 1),
    "permissions": near(0, 7),
    "u16": near(0, 2**16 - 1),
    "u32": near(0, 2**32 - 1),
    "u63": near(0, 2**63 - 1),
    "rate": near(-(10**7), 10**7),
    "ticks": near(-(2**62), 2**62),
    "lots": near(0, 2**62),
    "bool": st.booleans(),
    "id": st.from_regex(r"[A-Za-z0-9._-]{1,32}", fullmatch=True),
    "text": st.text(max_size=64),
    "name": st.text(max_size=100),
    "body": st.binary(max_size=300),
    "note": st.text(max_size=300),
    "key": st.binary(min_size=32, max_size=32),
    "digest": st.binary(min_size=32, max_size=32),
    "blob": st.binary(max_size=300),
    "part": st.binary(max_size=300),
    "amount": near(0, AMOUNT_MAX),
    "signed amount": near(-AMOUNT_MAX - 1, AMOUNT_MAX),
}


def values_of(kind: Kind) -> Values:
    values: Values
    if kind.vocabulary is not None:
        values = st.sampled_from(kind.vocabulary)
    elif kind.record is not None:
        message = kind.record.message
        values = st.tuples(*map(values_of, kind.record.kinds)).map(lambda fields: message(*fields))
        if kind.several:
            values = st.lists(values, max_size=40).map(tuple)
    else:
        values = BY_KIND[kind.name.rstrip("?")]
    return st.none() | values if kind.nullable else values


def messages_of(entry: Entry) -> Values:
    return st.tuples(*map(values_of, entry.kinds)).map(lambda values: entry.message(*values))


messages = st.sampled_from(TABLE).flatmap(messages_of)
events = messages.map(encode)
anything = st.none() | st.booleans() | st.integers(0, 2**64 - 1) | st.text() | st.binary()


@st.composite
def mutated(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """Bytes that were right until some were changed, inserted, dropped, repeated or cut off."""
    data = bytearray(draw(originals))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["change", "insert", "drop", "repeat", "cut"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=9))
            case "drop":
                del data[at : at + draw(st.integers(1, 9))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 9))]
            case "cut":
                del data[at:]
    return bytes(data)


def test_every_message_can_be_drawn() -> None:
    """A message that is drawn seldom would fail seldom."""
    for entry in TABLE:
        messages_of(entry).validate()


@given(messages)
def test_every_message_is_read_as_it_was_written(message: Any) -> None:
    event = encode(message)
    assert decode(event) == message
    assert encode(decode(event)) == event


@given(st.sampled_from(TABLE).flatmap(lambda entry: st.tuples(st.just(entry), messages_of(entry))))
def test_another_library_reads_the_number_and_the_fields_in_order(pair: tuple[Entry, Any]) -> None:
    entry, message = pair
    number, *fields = msgpack.unpackb(encode(message))
    assert number == entry.number
    written, left_out = astuple(message)[: len(fields)], astuple(message)[len(fields) :]
    assert not any(left_out)
    assert all(kind.later for kind in entry.kinds[len(fields) :])
    for field, value, kind in zip(fields, written, entry.kinds[: len(fields)], strict=True):
        assert _read(field, kind) == _as_arrays(value)


def _read(field: Any, kind: Kind) -> Any:
    """What docs/wire.md says that a field's bytes mean: amounts stand in a bin, in records too."""
    if field is None:
        return None
    if kind.record is not None:
        inside = kind.record.kinds
        rows = field if kind.several else [field]
        read = [[_read(each, of) for each, of in zip(row, inside, strict=True)] for row in rows]
        return read if kind.several else read[0]
    if kind.name.rstrip("?") in ("amount", "signed amount"):
        return int.from_bytes(field, "big", signed=kind.name.startswith("signed"))
    return field


def _as_arrays(value: Any) -> Any:
    """A record, and the records in it."""
    return [_as_arrays(each) for each in value] if isinstance(value, tuple) else value


@given(messages)
def test_another_library_writes_the_same_bytes(message: Any) -> None:
    event = encode(message)
    assert msgpack.packb(msgpack.unpackb(event)) == event


def in_full(event: bytes) -> list[Any]:
    """Its array, with what it leaves out because it is 0."""
    number, *fields = msgpack.unpackb(event)
    known = next(len(entry.kinds) for entry in TABLE if entry.number == number)
    return [number, *fields, *[0] * (known - len(fields))]


@given(events, st.lists(anything, min_size=1, max_size=20))
def test_fields_after_the_last_known_one_are_ignored(event: bytes, more: list[Any]) -> None:
    assert decode(msgpack.packb([*in_full(event), *more])) == decode(event)


def check_any_bytes(data: bytes) -> None:
    """Refused, or the one encoding of a message, at most with unknown fields after it."""
    try:
        message = decode(data)
    except (Malformed, TypeUnknown):
        return
    known = encode(message)
    if known != data:
        fields = msgpack.unpackb(data, raw=True, strict_map_key=False, timestamp=0)
        expected = msgpack.unpackb(known, raw=True)
        assert len(fields) > len(expected)
        assert fields[: len(expected)] == expected


@given(st.binary(max_size=200))
@example(b"\x91\x01")
def test_any_bytes_are_an_event_or_refused(data: bytes) -> None:
    check_any_bytes(data)


@given(mutated(events))
def test_a_mutated_event_is_an_event_or_refused(data: bytes) -> None:
    check_any_bytes(data)


frames = st.builds(
    lambda source, first, crc, sent, carried: (
        bytes(64)
        + authenticated_bytes(
            "dev", b"g" * 16, source, "orders/0", first, crc, sent, len(carried), join_events(carried)
        )
    ),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=100),
    near(1, 2**63 - 1),
    near(0, 2**32 - 1),
    near(0, 2**63 - 1),
    st.lists(st.binary(max_size=300), min_size=1, max_size=40),
)


@given(frames)
def test_a_frame_is_what_another_library_writes(data: bytes) -> None:
    assert msgpack.packb(msgpack.unpackb(data[64:])) == data[64:]
    read = read_frame(data)
    assert split_body(join_events(read.events), len(read.events)) == read.events


@given(st.binary(max_size=300) | mutated(frames))
def test_any_bytes_are_a_frame_or_unreadable(data: bytes) -> None:
    try:
        read = read_frame(data)
    except Unreadable:
        return
    assert read.events
    assert read.last >= read.first >= 1
