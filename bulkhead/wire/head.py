"""The head of what may be a frame, for people: also of one that was cut short, or could not be verified."""

from typing import NamedTuple

import msgpack  # type: ignore[import-untyped]  # it publishes no types

from bulkhead.wire.frame import AUTHENTICATION_BYTES

_FIELDS = 9


class Head(NamedTuple):
    """What stands before a frame's events, as it is written: nothing of it is proven."""

    version: int
    exchange_id: str
    genesis_id: bytes
    source: str
    destination: str
    first: int
    crc: int
    sent_at_us: int


def read_head(data: bytes) -> Head | None:
    """The head of a frame of which `data` is the beginning; None where that is no frame's."""
    unpacker = msgpack.Unpacker()
    unpacker.feed(data[AUTHENTICATION_BYTES:])
    try:
        if unpacker.read_array_header() != _FIELDS:
            return None
        head = Head(*(unpacker.unpack() for _ in Head._fields))
    except (msgpack.UnpackException, ValueError):
        return None
    kinds = tuple(Head.__annotations__.values())
    return head if all(type(value) is kind for value, kind in zip(head, kinds, strict=True)) else None
