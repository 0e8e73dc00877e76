"""Fields after the last known are ignored, whatever a message's own fields are called."""

import msgspec
import pytest

from bulkhead.domain.messages.control import DefineAsset, Tick
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.wire.codec import decode, encode


@pytest.mark.parametrize(
    "message", [Tick(1, 1), DefineAsset("BTC", 8), CancelOrder("a", "b")], ids=lambda m: type(m).__name__
)
@pytest.mark.parametrize("trailing", [[None], [1.5, {"a": [1]}], [b"x"] * 20])
def test_a_later_versions_fields_are_ignored(message: object, trailing: list[object]) -> None:
    later = msgspec.msgpack.encode([*msgspec.msgpack.decode(encode(message)), *trailing])
    assert decode(later) == message
