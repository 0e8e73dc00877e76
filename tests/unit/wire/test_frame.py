"""Frames and who wrote them."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulkhead.domain.reasons import Reason
from bulkhead.wire import frame as frames
from bulkhead.wire.authentication import MacSealer, Sealer, SignatureSealer, Verifier
from bulkhead.wire.frame import (
    RECEIVED_BYTES_MAX,
    Unreadable,
    advance_crc,
    authenticated_bytes,
    cut_body,
    join_events,
    parse_signer,
    read_frame,
    signer_source,
    split_body,
)

GENESIS, MAC_KEY = b"g" * 16, b"m" * 32
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
VERIFIER = Verifier("dev", GENESIS, "orders/0", MAC_KEY)


def frame(
    sealer: Sealer,
    source: str,
    exchange_id: str = "dev",
    genesis_id: bytes = GENESIS,
    destination: str = "orders/0",
) -> bytes:
    events = [b"\x91\x01", b""]
    return sealer.seal(
        authenticated_bytes(
            exchange_id, genesis_id, source, destination, 7, 9, 11, len(events), join_events(events)
        )
    )


def test_a_frame_says_what_was_put_into_it() -> None:
    read = read_frame(frame(MacSealer(MAC_KEY), "clock/0"))
    assert (read.exchange_id, read.genesis_id, read.source, read.destination) == (
        "dev",
        GENESIS,
        "clock/0",
        "orders/0",
    )
    assert (read.first, read.last, read.crc, read.sent_at_us, read.events) == (
        7,
        8,
        9,
        11,
        [b"\x91\x01", b""],
    )


def test_a_frame_that_is_read_again_at_once_is_decoded_once_and_other_bytes_are_not_taken_for_it() -> None:
    one = frame(MacSealer(MAC_KEY), "clock/0")
    other = frame(MacSealer(MAC_KEY), "risk/0")
    assert read_frame(one) is read_frame(one)
    assert [read_frame(data).source for data in (one, other, one)] == ["clock/0", "risk/0", "clock/0"]
    with pytest.raises(Unreadable):
        read_frame(one[:-1])
    assert read_frame(one).source == "clock/0"


def test_a_signed_frame_is_taken_from_its_key_only() -> None:
    assert VERIFIER.check(frame(SignatureSealer(KEY), signer_source(PUBLIC, 1))).signer == (PUBLIC, 1)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(Unreadable) as refused:
        VERIFIER.check(frame(SignatureSealer(other), signer_source(PUBLIC, 1)))
    assert refused.value.reason is Reason.FRAME_UNVERIFIED


@pytest.mark.parametrize("source", ["risk/0", "clock/0", "genesis", "a participant"])
def test_a_participant_cannot_speak_for_an_internal_source(source: str) -> None:
    for sealer in (SignatureSealer(KEY), MacSealer(b"guess" * 6 + b"!!")):
        with pytest.raises(Unreadable) as refused:
            VERIFIER.check(frame(sealer, source))
        assert refused.value.reason is Reason.FRAME_UNVERIFIED


def test_the_internal_key_does_not_speak_for_a_participant() -> None:
    with pytest.raises(Unreadable) as refused:
        VERIFIER.check(frame(MacSealer(MAC_KEY), signer_source(PUBLIC, 1)))
    assert refused.value.reason is Reason.FRAME_UNVERIFIED


@pytest.mark.parametrize(
    "elsewhere", [{"exchange_id": "prod"}, {"genesis_id": b"h" * 16}, {"destination": "orders/1"}]
)
def test_a_frame_for_elsewhere_is_foreign_whoever_signed_it(elsewhere: dict[str, str]) -> None:
    with pytest.raises(Unreadable) as refused:
        VERIFIER.check(frame(SignatureSealer(KEY), signer_source(PUBLIC, 1), **elsewhere))  # type: ignore[arg-type]
    assert refused.value.reason is Reason.FRAME_FOREIGN


def test_every_bit_of_a_signed_frame_counts() -> None:
    good = frame(SignatureSealer(KEY), signer_source(PUBLIC, 1))
    for index in range(len(good)):
        changed = bytearray(good)
        changed[index] ^= 1
        with pytest.raises(Unreadable):
            VERIFIER.check(bytes(changed))


def test_a_frame_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(Unreadable, match="are not a frame"):
        read_frame(bytes(RECEIVED_BYTES_MAX + 1))


@pytest.mark.parametrize("epoch", [1, 7, 10, 2**63 - 1])
def test_a_signers_name_is_read_back(epoch: int) -> None:
    assert parse_signer(signer_source(PUBLIC, epoch)) == (PUBLIC, epoch)


@pytest.mark.parametrize(
    "source",
    [
        "clock/0",
        PUBLIC.hex(),
        f"{PUBLIC.hex()}/",
        f"{PUBLIC.hex()}/0",
        f"{PUBLIC.hex()}/01",
        f"{PUBLIC.hex()}/+1",
        f"{PUBLIC.hex()}/1_0",
        f"{PUBLIC.hex()}/\u0663",
        f"{PUBLIC.hex()}/{2**63}",
        f"{PUBLIC.hex().upper()}/1",
        f"{PUBLIC.hex()[:-1]}/1",
        f" {PUBLIC.hex()[1:]}/1",
    ],
)
def test_a_signers_name_has_one_spelling(source: str) -> None:
    assert parse_signer(source) is None


@pytest.mark.parametrize("length", [0, 1, 255, 256, 65_535, 65_536])
def test_events_of_any_length_are_joined_and_split(length: int) -> None:
    events = [b"x" * length, b"", b"y" * length]
    assert split_body(join_events(events), 3) == events


def test_the_running_crc_does_not_depend_on_how_events_are_cut() -> None:
    events = [b"a", b"", b"bc", b"d" * 300]
    assert advance_crc(advance_crc(0, events[:2]), events[2:]) == advance_crc(0, events)


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("kept", [0, 1, 2, 3, 4])
def test_a_body_is_cut_between_two_events(kept: int, native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not native:
        monkeypatch.setattr(frames, "native_cut", None)
    events = [b"a", b"", b"bc" * 200, b"d" * 70_000]
    body, before = join_events(events), advance_crc(0, [b"before"])
    end, crc = cut_body(body, len(events), kept, before)
    assert (body[:end], body[end:]) == (join_events(events[:kept]), join_events(events[kept:]))
    assert crc == advance_crc(before, events[:kept])
