"""What every adapter's lease has in common: its names, its limits, its bytes, its words."""

from zlib import crc32

import msgspec

from bulkhead.errors import FatalError, Superseded
from bulkhead.log.port import HOLDER_CHARACTERS_MAX, LEASE_TOPIC, RECORD_BYTES_MAX, Holding


def lease_partition(shard: str) -> str:
    """The partition for a shard's lease: risk/2 -> leases.risk/2."""
    return f"{LEASE_TOPIC}{shard}"


def check_lease(partition: str, holder: str) -> None:
    """ValueError unless the partition is one for leases and the holder can be told to people."""
    if not partition.startswith(LEASE_TOPIC):
        raise ValueError(f"{partition!r} is not for leases: their topics' names begin with {LEASE_TOPIC}")
    if not (0 < len(holder) <= HOLDER_CHARACTERS_MAX and holder.isascii() and holder.isprintable()):
        raise ValueError(
            f"{holder!r} can't hold {partition}: name it by 1 to {HOLDER_CHARACTERS_MAX} printable ASCII"
            f" characters"
        )


def check_record(partition: str, record: bytes) -> None:
    if len(record) > RECORD_BYTES_MAX:
        raise ValueError(f"{partition}: a record has at most {RECORD_BYTES_MAX} bytes, not {len(record)}")


def never_taken(partition: str) -> FatalError:
    return FatalError(f"{partition}: the lease was never taken here, or is closed; take it before sending")


def superseded(partition: str, holder: str, now: Holding | None) -> Superseded:
    """`now`: who has it, None where that can't be told at the moment."""
    newer = f"{now.holder} has" if now is not None and now.holder != holder else "a newer process has"
    return Superseded(f"{newer} taken {partition} from {holder}, which sends nothing more")


def encode_holding(holding: Holding) -> bytes:
    """CRC-32 and length of what follows, 4 and 2 bytes; then the two as a MessagePack array.

    For files, which may be read while they are written and are longer, and for messages.
    """
    body = msgspec.msgpack.encode((holding.holder, holding.record))
    return crc32(body).to_bytes(4, "big") + len(body).to_bytes(2, "big") + body


def decode_holding(data: bytes) -> Holding | None:
    """The inverse; None for bytes that are not whole."""
    body = data[6 : 6 + int.from_bytes(data[4:6], "big")]
    if crc32(body).to_bytes(4, "big") != data[:4]:
        return None
    return Holding(*_decode(body))


_decode = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
