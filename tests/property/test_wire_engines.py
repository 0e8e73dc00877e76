"""Both engines read the same of any bytes: events on their codecs, frames on a machine."""

from typing import TYPE_CHECKING

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.machines.engines import native_is_built
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import EventImpossible
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, encode
from bulkhead.wire.frame import (
    RECEIVED_BYTES_MAX,
    Unreadable,
    advance_crc,
    authenticated_bytes,
    join_events,
)
from tests.property.test_wire_codec import anything, events, frames, in_full, mutated
from tests.support.both_engines import MACHINE_FAILURES, BothEngines
from tests.support.native_book import needs_native_engine
from tests.unit.wire.test_malformed import CASES

if TYPE_CHECKING or native_is_built():
    from bulkhead import _engine

pytestmark = needs_native_engine

MALFORMED = "malformed"
TYPE_UNKNOWN = "type unknown"


def recoded(event: bytes) -> bytes | str:
    try:
        return encode(decode(event))
    except TypeUnknown:
        return TYPE_UNKNOWN
    except Malformed:
        return MALFORMED


def natively_recoded(event: bytes) -> bytes | str:
    try:
        return _engine.recode_event(event)
    except LookupError:
        return TYPE_UNKNOWN
    except ValueError:
        return MALFORMED


@given(events)
def test_every_message_is_read_and_written_by_the_native_engine(event: bytes) -> None:
    assert natively_recoded(event) == event


later = st.recursive(
    anything | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(events, st.lists(later, min_size=1, max_size=20))
def test_both_ignore_the_fields_of_a_later_version(event: bytes, more: list[object]) -> None:
    longer = msgpack.packb([*in_full(event), *more])
    assert natively_recoded(longer) == recoded(longer) == event


@given(st.binary(max_size=200) | mutated(events))
def test_both_refuse_the_same_bytes_for_the_same_reason(data: bytes) -> None:
    assert natively_recoded(data) == recoded(data)


@pytest.mark.parametrize("depth", range(14, 20))
@pytest.mark.parametrize("within", [b"\xc0", b"\x90", b"\x80", b"\x91\xc0", b"\x81\xc0\xc0"])
@pytest.mark.parametrize("holder", [b"\x91", b"\x81\xc0", b"\xdc\x00\x01", b"\xdf\x00\x00\x00\x01\xc0"])
def test_both_look_as_deep_into_what_they_do_not_know(depth: int, within: bytes, holder: bytes) -> None:
    data = b"\x92\x01" + holder * depth + within
    assert natively_recoded(data) == recoded(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bytes.fromhex(case["hex"]), id=case["name"])
        for section in ("events_well_formed", "events_malformed", "events_of_unknown_type")
        for case in CASES[section]
    ],
)
def test_both_say_the_same_of_every_case(data: bytes) -> None:
    assert natively_recoded(data) == recoded(data)


def check_frame(data: bytes) -> None:
    """A machine that knows nothing takes it or refuses it, as the other engine's does."""
    try:
        BothEngines(make_reference("book/0")).apply_frame(b"", data)
    except MACHINE_FAILURES:
        return


@given(frames | mutated(frames) | st.binary(max_size=300))
def test_both_take_and_refuse_the_same_frames(data: bytes) -> None:
    check_frame(data)


@pytest.mark.parametrize("section", ["frames_well_formed", "frames_malformed"])
def test_both_take_and_refuse_the_cases_of_frames(section: str) -> None:
    for case in CASES[section]:
        check_frame(bytes.fromhex(case["hex"]))


def _long_frame(length: int) -> bytes:
    """A frame of so many bytes, right but for its length."""
    without = bytes(64) + authenticated_bytes("dev", bytes(16), "control/0", "books/0", 1, 0, 0, 1, b"")
    event = length - len(without) - 5  # the header of so long a bin
    return without + b"\xc6" + event.to_bytes(4, "big") + bytes(event)


@pytest.mark.parametrize("length", [RECEIVED_BYTES_MAX, RECEIVED_BYTES_MAX + 1])
def test_both_refuse_a_frame_that_is_too_long(length: int) -> None:
    frame = _long_frame(length)
    assert len(frame) == length
    with pytest.raises(EventImpossible if length == RECEIVED_BYTES_MAX else Unreadable):
        BothEngines(make_reference("book/0")).apply_frame(b"", frame)


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=40), st.data())
def test_a_body_is_cut_where_the_reference_cuts_it(bodies: list[bytes], data: st.DataObject) -> None:
    kept, crc = data.draw(st.integers(0, len(bodies))), data.draw(st.integers(0, 2**32 - 1))
    first, body = bodies[:kept], join_events(bodies)
    assert _engine.cut_body(body, kept, crc) == (len(join_events(first)), advance_crc(crc, first))
    with pytest.raises(ValueError, match="end within"):
        _engine.cut_body(body, len(bodies) + 1, crc)
