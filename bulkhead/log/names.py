"""Names of topics and partitions, checked the same way by every adapter."""

import re
from zlib import crc32

from bulkhead.errors import FatalError

# 64 leaves room for "reports." and a participant id of 32; a folder name of that length is legal anywhere.
TOPIC = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


def is_topic(name: str) -> bool:
    return TOPIC.fullmatch(name) is not None


def check_topic(topic: str, partitions: int) -> None:
    """ValueError unless `topic` is a topic's name and `partitions` a count of at least 1."""
    if not is_topic(topic):
        raise ValueError(
            f"{topic!r} is no topic name: 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter, digit or _"
        )
    if partitions < 1:
        raise ValueError(f"topic {topic!r} needs at least 1 partition, not {partitions}")


def fewer_partitions(topic: str, there: int, asked: int) -> ValueError:
    return ValueError(
        f"topic {topic!r} has {there} partitions and can't have {asked}: a partition is never taken back;"
        f" ask for {there} or more"
    )


def split_partition(partition: str, topics: dict[str, int], log: str) -> tuple[str, int]:
    """``orders/0`` -> ("orders", 0), if `topics` (name -> number of partitions) has it.

    FatalError that tells what there is otherwise; `log` is the address to name in it.
    """
    topic, slash, number = partition.rpartition("/")
    if not slash or not number.isdecimal() or str(int(number)) != number:
        raise FatalError(f"{partition!r} is no partition of {log}: write TOPIC/NUMBER, such as orders/0")
    if topic not in topics:
        known = ", ".join(sorted(topics)) or "none"
        raise FatalError(
            f"there is no topic {topic!r} in {log} (topics there: {known}); create it with create_topic first"
        )
    if int(number) >= topics[topic]:
        raise FatalError(
            f"there is no partition {partition!r} in {log}: topic {topic!r} has {topics[topic]},"
            f" numbered from 0; grow it with create_topic first"
        )
    return topic, int(number)


POSITION_BYTES = 12


def encode_offset(offset: int, frame: bytes) -> bytes:
    """The position of adapters that count frames: 8 bytes, big-endian, from 1; then the frame's CRC-32.

    An offset is given again when a log has lost its end: the checksum tells that another frame stands there.
    """
    return offset.to_bytes(8, "big") + crc32(frame).to_bytes(4, "big")


def decode_offset(position: bytes | None, partition: str) -> int:
    """The offset of a position made by `encode_offset`; 0, before the first frame, for None."""
    if position is None:
        return 0
    offset = int.from_bytes(position[:8], "big") if len(position) == POSITION_BYTES else 0
    if offset < 1:
        raise FatalError(
            f"{position.hex() or 'an empty position'} is no position in {partition}: it takes 12 bytes, the"
            f" first 8 of them big-endian, from 1; was it saved with another kind of log?"
        )
    return offset


def check_frame(partition: str, position: bytes, frame: bytes) -> None:
    """FatalError unless it is the frame that stood there when the position was made."""
    if crc32(frame).to_bytes(4, "big") != position[8:]:
        raise FatalError(
            f"{partition}: at position {position.hex()} stands another frame than when it was told: the log"
            f" lost its tail and was written again, or this is another log; put the right log back, or"
            f" restore an older snapshot"
        )


def beyond_end(partition: str, offset: int, end: int) -> FatalError:
    return FatalError(
        f"{partition}: position {offset} is beyond the log's end at {end}: the log lost its tail, or this is"
        f" another log than the one that the snapshot was taken from; put the right log back, or restore"
        f" an older snapshot"
    )
