"""A frame: one log message, which carries consecutive events of one stream.

64 bytes of authentication, then the authenticated bytes: one MessagePack array of the format version,
exchange id, genesis id, source, destination partition, first sequence, the stream's running CRC-32 before
that sequence, the sender's wall time in microseconds (annotation: nothing decides by it), and the events,
each a `bin`.
"""

import importlib.util
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Literal
from zlib import crc32

import msgspec
from msgspec import Meta

from bulkhead.domain.reasons import Reason

native_cut: Callable[[bytes, int, int], tuple[int, int]] | None = None
if importlib.util.find_spec("bulkhead._engine") is not None:
    from bulkhead._engine import cut_body as native_cut

FORMAT_VERSION = 1
AUTHENTICATION_BYTES = 64
FRAME_BYTES_MAX = 128 * 1024
"""Where a sender cuts: the p50 of a hop grows with a frame, its throughput hardly beyond 64 KiB
(docs/performance.md).
"""
RECEIVED_BYTES_MAX = 1024 * 1024
"""A longer frame is refused unread."""

_U63 = Annotated[int, Meta(ge=0, le=2**63 - 1)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_decode = msgspec.msgpack.Decoder(
    tuple[
        Literal[1],
        _Name,
        Annotated[bytes, Meta(min_length=16, max_length=16)],
        _Name,
        _Name,
        Annotated[int, Meta(ge=1, le=2**63 - 1)],
        Annotated[int, Meta(ge=0, le=2**32 - 1)],
        _U63,
        list[bytes],
    ]
).decode
_pack = msgspec.msgpack.Encoder().encode


class Unreadable(ValueError):
    """The bytes are not a frame, or not one that may stand in this partition."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class Frame:
    """A decoded frame. `source` is a shard's or gateway's name, or a participant's key and epoch (see
    `signer`).
    """

    __slots__ = ("crc", "destination", "events", "exchange_id", "first", "genesis_id", "sent_at_us", "source")

    def __init__(self, authenticated: bytes | memoryview) -> None:
        try:
            (
                _,
                self.exchange_id,
                self.genesis_id,
                self.source,
                self.destination,
                self.first,
                self.crc,
                self.sent_at_us,
                self.events,
            ) = _decode(authenticated)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise Unreadable(Reason.FRAME_MALFORMED, f"not a frame: {problem}") from problem

    @property
    def signer(self) -> tuple[bytes, int] | None:
        """(public key, epoch) where the source is a participant's stream, None where it is internal."""
        return parse_signer(self.source)

    @property
    def last(self) -> int:
        return self.first + len(self.events) - 1


_last_read: "tuple[bytes, Frame] | None" = None
"""The loop has each frame read twice: where its authentication is checked, and in the machine, which is given
bytes. That costs 18 us for 1,024 orders, a tenth of what else the runtime does with them on a hop.
"""


def read_frame(data: bytes) -> Frame:
    """Decode a frame as received, its authentication unchecked. Raises Unreadable.

    The same bytes object, read again at once, gives the same Frame: nobody may change its events.
    """
    global _last_read  # no state: what is remembered follows from the bytes alone
    last = _last_read
    if last is not None and last[0] is data:
        return last[1]
    frame = _read_frame(data)
    _last_read = data, frame
    return frame


def _read_frame(data: bytes) -> Frame:
    if not AUTHENTICATION_BYTES < len(data) <= RECEIVED_BYTES_MAX:
        raise Unreadable(Reason.FRAME_MALFORMED, f"{len(data)} bytes are not a frame")
    frame = Frame(memoryview(data)[AUTHENTICATION_BYTES:])
    if not frame.events:
        raise Unreadable(Reason.FRAME_MALFORMED, "a frame carries at least one event")
    return frame


def signer_source(public_key: bytes, epoch: int) -> str:
    """The source name of a participant's stream: its key in hexadecimal, a slash, its epoch."""
    return f"{public_key.hex()}/{epoch}"


def parse_signer(source: str) -> tuple[bytes, int] | None:
    """The inverse of signer_source; None for any other name. Only the one spelling that it writes is
    taken.
    """
    if len(source) < 66 or source[64] != "/":
        return None
    try:
        public_key, epoch = bytes.fromhex(source[:64]), int(source[65:])
    except ValueError:
        return None
    if not 0 < epoch < 2**63 or signer_source(public_key, epoch) != source:
        return None
    return public_key, epoch


def join_events(events: Sequence[bytes]) -> bytes:
    """Events as a frame's body has them, one `bin` after another: bodies may be concatenated."""
    # Packed as an array, whose header is dropped: 10 ns an event beside 85 ns for a loop in Python.
    count = len(events)
    packed: bytes = _pack(events)
    return packed[1 if count < 16 else 3 if count < 65536 else 5 :]


def split_body(body: bytes, count: int) -> list[bytes]:
    """The inverse of join_events."""
    return _split(_array_header(count) + body)


def cut_body(body: bytes, count: int, kept: int, crc: int) -> tuple[int, int]:
    """Where the first `kept` of a body's `count` events end, and the stream's CRC-32 there; `crc`: before it.

    Under load a shard has more to say in a step than a frame takes: as it is written here, that was 4 % of
    its CPU.
    """
    if native_cut is not None:
        return native_cut(body, kept, crc)
    events = split_body(body, count)[:kept]
    return len(join_events(events)), advance_crc(crc, events)


_split = msgspec.msgpack.Decoder(list[bytes]).decode


def _array_header(count: int) -> bytes:
    if count < 16:
        return bytes((0x90 | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 65536 else b"\xdd" + count.to_bytes(4, "big")


def frame_head(
    exchange_id: str,
    genesis_id: bytes,
    source: str,
    destination: str,
    first: int,
    crc: int,
    sent_at_us: int,
    count: int,
) -> bytes:
    """What stands between a frame's authentication and its `count` joined events; authenticated as they
    are.
    """
    header: bytes = _pack(
        (FORMAT_VERSION, exchange_id, genesis_id, source, destination, first, crc, sent_at_us)
    )
    return b"\x99" + header[1:] + _array_header(count)


def authenticated_bytes(
    exchange_id: str,
    genesis_id: bytes,
    source: str,
    destination: str,
    first: int,
    crc: int,
    sent_at_us: int,
    count: int,
    body: bytes,
) -> bytes:
    """The bytes that are signed or MACed; `body` holds `count` joined events."""
    return frame_head(exchange_id, genesis_id, source, destination, first, crc, sent_at_us, count) + body


def advance_crc(crc: int, events: Iterable[bytes]) -> int:
    """The stream's running CRC-32 after these events: of all its event bytes, one after another."""
    return crc32(b"".join(events), crc)
