"""Who wrote a frame: Ed25519 signatures of participants and operators, keyed BLAKE2b of internal sources.

One function outside both machines' engines verifies, once for each frame, when it is applied. It is written
here; where the crate is built its passes over the bytes are done there (engine/src/authentication.rs), with
the same result.
"""

import hmac
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bulkhead.domain.reasons import Reason
from bulkhead.wire.frame import AUTHENTICATION_BYTES, Frame, Unreadable, read_frame

Pieces = Sequence[bytes]
"""bytes that are to be authenticated, one after another"""

seal_frames: Callable[[bytes, Sequence[Pieces]], list[bytes]] | None = None
verify_frames: Callable[[str, bytes, str, bytes, Sequence[bytes]], bytes] | None = None
if importlib.util.find_spec("bulkhead._engine") is not None:
    from bulkhead._engine import seal_frames, verify_frames

MAC_KEY_BYTES = 32
_AUTHENTIC: Final = 0
_FORGED: Final = 1
"""what verify_frames says of a frame; anything else: look at it here"""


class Sealer(Protocol):
    def seal(self, authenticated: bytes) -> bytes:
        """The frame: 64 bytes of authentication, then `authenticated`."""
        ...


class MacSealer:
    """Seals frames of internal sources."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, authenticated: bytes) -> bytes:
        return (
            blake2b(authenticated, key=self._key, digest_size=AUTHENTICATION_BYTES).digest() + authenticated
        )

    def seal_all(self, frames: Sequence[Pieces]) -> list[bytes]:
        """As `seal` for each, from its pieces. Several at once cost less than one after another."""
        if seal_frames is not None:
            return seal_frames(self._key, frames)
        return [self.seal(b"".join(pieces)) for pieces in frames]


class SignatureSealer:
    """Seals frames of one participant's or operator's key."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key

    def seal(self, authenticated: bytes) -> bytes:
        return self._private_key.sign(authenticated) + authenticated


class Verifier:
    """Reads and checks the frames that one partition receives."""

    def __init__(self, exchange_id: str, genesis_id: bytes, destination: str, mac_key: bytes) -> None:
        self.exchange_id = exchange_id
        self.genesis_id = genesis_id
        self.destination = destination
        self._mac_key = mac_key
        self._public_keys: dict[bytes, Ed25519PublicKey] = {}

    def check(self, data: bytes) -> Frame:
        """The frame in `data`. Raises Unreadable with a reason: malformed, foreign or unverified."""
        for problem in self.look([data]):
            if problem is not None:
                raise problem
        return read_frame(data)

    def look(self, frames: Sequence[bytes]) -> Iterator[Unreadable | None]:
        """Of each frame why it is not to be read, as `check` raises it; None: it is authentic."""
        if verify_frames is None:
            yield from map(self.problem, frames)
            return
        verdicts = verify_frames(self.exchange_id, self.genesis_id, self.destination, self._mac_key, frames)
        for data, verdict in zip(frames, verdicts, strict=True):
            yield None if verdict == _AUTHENTIC else self.problem(data, verdict == _FORGED)

    def problem(self, data: bytes, is_forged: bool = False) -> Unreadable | None:
        """As `look` says it of one frame, without the crate. `is_forged`: that has been found already."""
        try:
            frame = read_frame(data)
        except Unreadable as problem:
            return problem
        if (
            frame.exchange_id != self.exchange_id
            or frame.genesis_id != self.genesis_id
            or frame.destination != self.destination
        ):
            return Unreadable(
                Reason.FRAME_FOREIGN,
                f"frame for {frame.destination} of {frame.exchange_id!r}, genesis {frame.genesis_id.hex()}; "
                f"this is {self.destination} of {self.exchange_id!r}, genesis {self.genesis_id.hex()}",
            )
        if is_forged or not self._is_authentic(data, frame):
            return Unreadable(Reason.FRAME_UNVERIFIED, f"not authenticated as source {frame.source!r}")
        return None

    def _is_authentic(self, data: bytes, frame: Frame) -> bool:
        signer = frame.signer
        return self._maced(data) if signer is None else self._signed(data, signer[0])

    def _maced(self, data: bytes) -> bool:
        view = memoryview(data)
        expected = blake2b(
            view[AUTHENTICATION_BYTES:], key=self._mac_key, digest_size=AUTHENTICATION_BYTES
        ).digest()
        return hmac.compare_digest(view[:AUTHENTICATION_BYTES], expected)

    def _signed(self, data: bytes, key: bytes) -> bool:
        try:
            public_key = self._public_keys.get(key)
            if public_key is None:
                public_key = Ed25519PublicKey.from_public_bytes(key)
                if len(self._public_keys) >= 10_000:  # strangers' keys must not grow the cache without bound
                    self._public_keys.clear()
                self._public_keys[key] = public_key
            public_key.verify(data[:AUTHENTICATION_BYTES], memoryview(data)[AUTHENTICATION_BYTES:])
        except (InvalidSignature, ValueError):
            return False
        return True
