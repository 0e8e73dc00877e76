"""Fields after the last known are ignored, whatever a message's own fields are called; one that a message got
later is not there where it says nothing.
"""

import msgspec
import pytest

from bulkhead.domain.messages.control import DefineAsset, Tick
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.wire.codec import Malformed, decode, encode
from bulkhead.wire.kinds import TEXT, U16, U63, later
from bulkhead.wire.table.entry import entry


@pytest.mark.parametrize(
    "message", [Tick(1, 1), DefineAsset("BTC", 8), CancelOrder("a", "b")], ids=lambda m: type(m).__name__
)
@pytest.mark.parametrize("trailing", [[None], [1.5, {"a": [1]}], [b"x"] * 20])
def test_a_later_versions_fields_are_ignored(message: object, trailing: list[object]) -> None:
    later = msgspec.msgpack.encode([*msgspec.msgpack.decode(encode(message)), *trailing])
    assert decode(later) == message


OLD_MOVE = bytes.fromhex("96ccae01020001a3776879")
"""as a log has it that was written before slots moved in parts"""


def test_an_event_of_before_a_field_came_means_0_and_is_written_as_it_was() -> None:
    assert decode(OLD_MOVE) == MoveSlots(1, 2, 0, 1, "why", 0)
    assert encode(decode(OLD_MOVE)) == OLD_MOVE
    assert decode(encode(MoveSlots(1, 2, 0, 1, "why", 8))).slots_at_once == 8
    with pytest.raises(Malformed, match="slots_at_once is there, and says nothing"):
        decode(b"\x97" + OLD_MOVE[1:] + b"\x00")


def test_what_comes_later_is_last_and_has_a_0_to_be_left_out() -> None:
    with pytest.raises(TypeError, match="what came later is last"):
        entry(1, Tick, number=later(U63), time_ms=U63)
    with pytest.raises(TypeError, match="what came later is last"):
        entry(1, DefineAsset, asset_id=TEXT, decimals=later(U16))
