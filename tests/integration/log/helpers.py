"""What the log's tests do again and again."""

import hashlib

from bulkhead.errors import TemporaryError
from bulkhead.log.port import Position, Reader, Record, Writer
from tests.support.running import until


def append(writer: Writer, *frames: bytes) -> None:
    """Send the frames and wait until all are confirmed."""
    for sequence, frame in enumerate(frames, 1):
        writer.send(frame, sequence)
    while writer.pending():
        writer.poll(1.0)


def read(reader: Reader, count: int, bytes_max: int = 100_000) -> list[Record]:
    """The next `count` records and what came with the last of them; fewer if none came for 30 s."""
    records: list[Record] = []
    while len(records) < count:
        batch = reader.receive(bytes_max, 30.0)
        if not batch:
            break
        records += batch
    return records


def frames(reader: Reader, count: int) -> list[bytes]:
    return [record.frame for record in read(reader, count)]


def numbered(producer: str, number: int, size: int) -> bytes:
    """A frame that tells who sent it, which one it is, and whether it is whole."""
    head = f"{producer}:{number}:".encode()
    body = head + bytes((number + i) % 251 for i in range(size))
    return body + hashlib.sha256(body).digest()


def parse_numbered(frame: bytes) -> tuple[str, int]:
    """Who sent the frame and which one it is; AssertionError if it is not whole."""
    body, digest = frame[:-32], frame[-32:]
    assert hashlib.sha256(body).digest() == digest, f"torn: {frame!r}"
    producer, number, _ = body.split(b":", 2)
    return producer.decode(), int(number)


def acknowledged(reader: Reader, position: Position) -> None:
    """Told to the log, however often it does not know it yet."""

    def told() -> bool:
        try:
            reader.acknowledge(position)
        except TemporaryError:
            return False
        return True

    until("the log knows what is acknowledged", told)
