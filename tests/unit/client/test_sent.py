"""What may have to be sent again, by any cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.client.sent import Sent
from bulkhead.wire.frame import advance_crc

BEAT = b"\x91\x21"
lots = st.lists(
    st.one_of(st.just([BEAT]), st.lists(st.binary(min_size=1, max_size=3), min_size=1, max_size=4)),
    max_size=20,
)


@given(lots, st.data())
def test_everything_behind_what_was_taken_is_there_with_the_crc_before_it(
    sent_lots: list[list[bytes]], data: st.DataObject
) -> None:
    sent, events = Sent(), [event for lot in sent_lots for event in lot]
    answered = 0
    for lot in sent_lots:
        sent.add(lot)
        if data.draw(st.booleans()):
            answered = data.draw(st.integers(answered, sent.last))
            sent.taken(answered)
    assert (sent.last, sent.crc) == (len(events), advance_crc(0, events))
    last = data.draw(st.integers(answered, len(events)))
    assert sent.after(last) == (advance_crc(0, events[:last]), events[last:])


def test_heartbeats_of_days_take_no_room() -> None:
    sent = Sent()
    for _ in range(100_000):
        sent.add([BEAT])
    assert len(sent._lots) == 1


def test_what_cannot_be_is_said() -> None:
    sent = Sent()
    sent.add([b"a", b"b"])
    sent.taken(2)
    sent.add([b"c"])
    for last in (1, 4):
        with pytest.raises(ValueError, match=f"event {last} is none of 2 to 3"):
            sent.after(last)
