"""The bytes of a snapshot file: a header that tells a whole one from a torn or altered one.

8   magic "BLKHSNAP"
4   version, big-endian: 1
32  SHA-256 of magic, version and everything after this field
8   inputs, big-endian
4   length of the position, big-endian; 0xffffffff: there is none
    position
    payload, to the end of the file
"""

import hashlib
import struct

from bulkhead.snapshots.port import Snapshot

MAGIC = b"BLKHSNAP"
VERSION = 1

_HEAD = struct.Struct(">8sI32s")
_BODY = struct.Struct(">QI")
_NO_POSITION = 0xFFFFFFFF


def encode(snapshot: Snapshot) -> list[bytes]:
    """The file's bytes in pieces, so that a large payload is not copied."""
    position = snapshot.position
    length = _NO_POSITION if position is None else len(position)
    body = _BODY.pack(snapshot.inputs, length) + (position or b"")
    return [_HEAD.pack(MAGIC, VERSION, _digest(body, snapshot.payload)), body, snapshot.payload]


def decode(data: bytes) -> Snapshot:
    """The snapshot in a file's bytes; ValueError, which says what is wrong, if it is not whole."""
    if len(data) < _HEAD.size + _BODY.size:
        raise ValueError(f"torn: {len(data)} bytes, a header has {_HEAD.size + _BODY.size}")
    magic, version, digest = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise ValueError(f"no snapshot: it begins with {magic.hex()}, not {MAGIC.hex()}")
    if version != VERSION:
        raise ValueError(f"version {version}, this program reads {VERSION}")
    if _digest(memoryview(data)[_HEAD.size :]) != digest:
        raise ValueError("torn or altered: its SHA-256 is another")
    inputs, length = _BODY.unpack_from(data, _HEAD.size)
    begin = _HEAD.size + _BODY.size
    if length == _NO_POSITION:
        return Snapshot(None, inputs, data[begin:])
    return Snapshot(data[begin : begin + length], inputs, data[begin + length :])


def _digest(*rest: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(struct.pack(">8sI", MAGIC, VERSION))
    for piece in rest:
        digest.update(piece)
    return digest.digest()
