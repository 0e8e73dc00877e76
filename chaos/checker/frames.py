"""Frames: what is in them, and whether who they name has made them."""

import hashlib
import hmac
import re
from typing import Any, NamedTuple

import msgpack  # type: ignore[import-untyped]  # it publishes no types
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SEAL_BYTES = 64
FORMAT_VERSION = 1
SIGNER = re.compile(r"([0-9a-f]{64})/([1-9][0-9]*)")
"""a participant's or operator's source: public key and epoch"""


class Frame(NamedTuple):
    source: str
    first: int
    crc: int
    """the running CRC-32 of all event bytes of the stream before the first event"""
    events: list[bytes]


class Refused(Exception):
    """A frame that the exchange must not act on; the text says why."""


class Opener:
    """Opens the frames of one exchange. Without `internal_key` the seals of shards are not checked."""

    def __init__(self, exchange_id: str, genesis_id: bytes, internal_key: bytes | None) -> None:
        self._identity = [exchange_id, genesis_id]
        self._internal_key = internal_key
        self._keys: dict[str, Ed25519PublicKey] = {}

    def open(self, partition: str, frame: bytes) -> Frame:
        """Refused: no frame, of another exchange or partition, or not made by whom it names."""
        seal, authenticated = frame[:SEAL_BYTES], frame[SEAL_BYTES:]
        header = self._header(authenticated)
        version, exchange_id, genesis_id, source, destination, first, crc, _, events = header
        if version != FORMAT_VERSION:
            raise Refused(f"it has the format {version}")
        if [exchange_id, genesis_id] != self._identity or destination != partition:
            raise Refused(f"it is for {destination} of {exchange_id}")
        signer = SIGNER.fullmatch(source)
        if signer is None:
            self._check_mac(source, seal, authenticated)
        else:
            self._check_signature(signer[1], seal, authenticated)
        return Frame(source, first, crc, events)

    def _header(self, authenticated: bytes) -> list[Any]:
        try:
            header = msgpack.unpackb(authenticated)
        except ValueError as problem:
            raise Refused(f"it is no MessagePack: {problem}") from problem
        kinds = (int, str, bytes, str, str, int, int, int, list)
        if not isinstance(header, list) or tuple(map(type, header)) != kinds:
            raise Refused("it is no array of the nine that a frame is")
        if header[5] < 1 or not header[8] or any(type(event) is not bytes for event in header[8]):
            raise Refused("its events are none, or not numbered from 1 on")
        return header

    def _check_mac(self, source: str, seal: bytes, authenticated: bytes) -> None:
        if self._internal_key is None:
            return
        made = hashlib.blake2b(authenticated, digest_size=SEAL_BYTES, key=self._internal_key).digest()
        if not hmac.compare_digest(made, seal):
            raise Refused(f"{source} has not made it: its MAC is wrong")

    def _check_signature(self, public_key: str, seal: bytes, authenticated: bytes) -> None:
        key = self._keys.get(public_key)
        if key is None:
            key = self._keys[public_key] = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        try:
            key.verify(seal, authenticated)
        except InvalidSignature as problem:
            raise Refused(f"{public_key[:16]}… has not signed it") from problem
