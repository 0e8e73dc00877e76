"""Which risk shard has a participant now, for a program that knows nothing of its reports."""

from collections.abc import Iterator

from bulkhead.client.inbox import RECEIVE_BYTES_MAX, Mark
from bulkhead.domain.messages.moving import MovedHere
from bulkhead.log.port import Position, Reader
from bulkhead.wire.codec import Malformed, TypeUnknown, decode, encode, type_number
from bulkhead.wire.frame import Unreadable, read_frame

FRAMES = 64
"""So many of the newest frames are looked through for a move."""
_MOVED_HERE = type_number(encode(MovedHere(1, 0, bytes(32), 0, 0, 1)))


def newest_shard(reader: Reader, exchange_id: str, genesis_id: bytes, partition: str, named: int) -> Mark:
    """The end of the partition, and the risk shard that speaks there: that to which its participant has
    moved last, where the newest frames tell; else `named`, that of connection.json, which may be older.

    TemporaryError: try again.
    """
    end, shard, move_id = reader.end(), named, 0
    reader.seek_back(FRAMES)
    position: Position | None = None
    while position != end and (records := reader.receive(RECEIVE_BYTES_MAX, 0.0)):
        for position, data in records:
            for here in _moves(data, exchange_id, genesis_id, partition):
                if here.move_id > move_id:
                    shard, move_id = here.risk_shard, here.move_id
            if position == end:
                break
    return Mark(end, 0, 0, shard, move_id)


def _moves(data: bytes, exchange_id: str, genesis_id: bytes, partition: str) -> Iterator[MovedHere]:
    """Of a frame; none of one that is not for here or can't be read."""
    try:
        frame = read_frame(data)
        if (frame.exchange_id, frame.genesis_id, frame.destination) == (exchange_id, genesis_id, partition):
            for event in frame.events:
                if type_number(event) == _MOVED_HERE:
                    here: MovedHere = decode(event)
                    yield here
    except (Unreadable, Malformed, TypeUnknown):
        return  # whoever reads the partition is told of it
