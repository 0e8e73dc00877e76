"""Who wrote a frame is judged alike where the crate is built and where it is not."""

from collections.abc import Sequence
from hashlib import sha512

import msgpack  # type: ignore[import-untyped]  # it publishes no types
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire import authentication
from bulkhead.wire.authentication import MacSealer, SignatureSealer, Verifier
from bulkhead.wire.frame import authenticated_bytes, join_events, read_frame, signer_source
from tests.property.test_wire_codec import mutated
from tests.support.native_book import needs_native_engine

pytestmark = needs_native_engine

GENESIS, MAC_KEY = b"g" * 16, b"m" * 32
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
VERIFIER = Verifier("dev", GENESIS, "orders/0", MAC_KEY)
ORDER = 2**252 + 27742317777372353535851937790883648493
"""of the group that signatures are in"""
SMALL = tuple(
    bytes.fromhex(point)
    for low in (
        "00" * 31,
        "01" + "00" * 30,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03",
        "ec" + "ff" * 30,
        "ed" + "ff" * 30,
        "ee" + "ff" * 30,
    )
    for top in {"00": ("00", "80"), "26": ("05", "85"), "c7": ("7a", "fa")}.get(
        low[:2], ("00", "80") if low.startswith("01") else ("7f", "ff")
    )
    for point in (low + top,)
)
"""points of a small order, each in its two signs, also in the spellings that no encoder writes"""

bodies = st.lists(st.binary(max_size=300), min_size=1, max_size=40)


@st.composite
def sealed(draw: st.DrawFn) -> bytes:
    """Frames of all kinds of sources; most are for here, and most are what their source sent."""
    carried = draw(bodies)
    signed = draw(st.booleans())
    sealer = (SignatureSealer(KEY) if signed else MacSealer(MAC_KEY)) if draw(st.integers(0, 4)) else None
    authenticated = authenticated_bytes(
        draw(st.sampled_from(["dev", "dev", "dev", "prod"])),
        draw(st.sampled_from([GENESIS, GENESIS, GENESIS, b"h" * 16])),
        draw(st.sampled_from([signer_source(PUBLIC, 1) if signed else "book/0", "risk/0", "a" * 64 + "/1"])),
        draw(st.sampled_from(["orders/0", "orders/0", "orders/0", "orders/1"])),
        draw(st.integers(1, 2**63 - 1)),
        draw(st.integers(0, 2**32 - 1)),
        draw(st.integers(0, 2**63 - 1)),
        len(carried),
        join_events(carried),
    )
    return bytes(64) + authenticated if sealer is None else sealer.seal(authenticated)


def check_alike(verifier: Verifier, frames: Sequence[bytes]) -> list[str]:
    """What is said of each, which is the same by both."""
    assert authentication.verify_frames is not None
    together = [str(problem) for problem in verifier.look(frames)]
    assert together == [str(verifier.problem(frame)) for frame in frames]
    return together


@given(st.lists(sealed() | mutated(sealed()) | st.binary(max_size=300), max_size=9))
def test_frames_are_judged_alike_together_and_one_by_one(frames: list[bytes]) -> None:
    check_alike(VERIFIER, frames)


@given(st.lists(bodies, min_size=1, max_size=9), st.binary(max_size=64))
def test_frames_that_are_sealed_together_are_those_sealed_alone(
    pieces: list[list[bytes]], key: bytes
) -> None:
    sealer = MacSealer(key)
    assert sealer.seal_all(pieces) == [sealer.seal(b"".join(one)) for one in pieces]


@given(st.data())
def test_a_form_that_no_encoder_of_ours_writes_is_judged_alike(data: st.DataObject) -> None:
    """Numbers that are longer than they need be, or of another type; other types in places of texts."""
    values: list[object] = [1, "dev", GENESIS, "book/0", "orders/0", 7, 9, 11, [b"event"]]
    forms = [msgpack.packb(value) for value in values]
    place = data.draw(st.integers(0, 8))
    value = values[place]
    strange: list[object] = [None, True, -1, 1.0, 7.0, "", b"", "x" * 101, [], {}, 2**64 - 1]
    others = [msgpack.packb(other) for other in strange]
    if isinstance(value, int):
        others += [b"\xcd" + value.to_bytes(2), b"\xcf" + value.to_bytes(8), b"\xd3" + value.to_bytes(8)]
    elif isinstance(value, str):
        others += [b"\xda" + len(value).to_bytes(2) + value.encode(), msgpack.packb(value.encode())]
    elif isinstance(value, bytes):
        others += [b"\xc6" + len(value).to_bytes(4) + value, b"\xd9\x10" + value]
    else:
        others += [
            b"\xdd\x00\x00\x00\x01\xc5\x00\x01x",
            b"\x91\xa1x",
            b"\x92\xc4\x01x",
            b"\x90",
            b"\x91\xc4\x02x",
        ]
    forms[place] = data.draw(st.sampled_from(others))
    start = data.draw(st.sampled_from([b"\x99", b"\xdc\x00\x09", b"\xdd\x00\x00\x00\x09", b"\x98", b"\x9a"]))
    check_alike(
        VERIFIER, [MacSealer(MAC_KEY).seal(start + b"".join(forms) + data.draw(st.sampled_from([b"", b"x"])))]
    )


def _frame(public_key: bytes, number: int) -> bytes:
    source = signer_source(public_key, 1)
    return authenticated_bytes(
        "dev", GENESIS, source, "orders/0", 1, 0, number, 1, join_events([b"\x91\x01"])
    )


def test_signatures_at_the_edges_of_the_group_are_judged_alike() -> None:
    """Small points as keys and as R, in every spelling; s at the edges of its range."""
    frames = [
        point + s.to_bytes(32, "little") + _frame(key, number)
        for key in SMALL
        for number in range(4)
        for point in SMALL
        for s in (0, 1, ORDER)
    ]
    said = check_alike(VERIFIER, frames)
    assert "None" in said  # some of them are taken for authentic: whoever registers keys refuses these
    assert any(problem.startswith("not authenticated") for problem in said)


@pytest.mark.parametrize("more", [0, ORDER, 2 * ORDER, 8 * ORDER, 14 * ORDER])
def test_a_signature_has_one_spelling(more: int) -> None:
    frame = SignatureSealer(KEY).seal(_frame(PUBLIC, 1))
    s = int.from_bytes(frame[32:64], "little") + more
    respelled = frame[:32] + s.to_bytes(32, "little") + frame[64:]
    (said,) = check_alike(VERIFIER, [respelled])
    assert (said == "None") == (more == 0)


def test_a_key_that_is_no_point_has_signed_nothing() -> None:
    keys = [sha512(bytes([number])).digest()[:32] for number in range(40)]
    check_alike(VERIFIER, [bytes(64) + _frame(key, 1) for key in keys])


def test_a_frame_of_a_megabyte_is_judged_alike() -> None:
    for size in (1024 * 1024 - 300, 1024 * 1024):
        authenticated = authenticated_bytes(
            "dev", GENESIS, "book/0", "orders/0", 1, 0, 1, 1, join_events([bytes(size)])
        )
        (said,) = check_alike(VERIFIER, [MacSealer(MAC_KEY).seal(authenticated)])
        assert (said == "None") == (size < 1024 * 1024)


@pytest.mark.parametrize("absent", ["verify_frames", "seal_frames"])
def test_without_the_crate_all_is_done_here(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = MacSealer(MAC_KEY).seal(
        authenticated_bytes("dev", GENESIS, "book/0", "orders/0", 1, 0, 1, 1, join_events([b"x"]))
    )
    monkeypatch.setattr(authentication, absent, None)
    assert [problem is None for problem in VERIFIER.look([frame, frame[:-1]])] == [True, False]
    assert VERIFIER.check(frame) is read_frame(frame)
    assert MacSealer(MAC_KEY).seal_all([(frame[64:80], frame[80:])]) == [frame]
