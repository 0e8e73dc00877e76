import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.snapshots.encoding import decode, encode
from bulkhead.snapshots.port import Snapshot

SNAPSHOTS = st.builds(
    Snapshot,
    position=st.none() | st.binary(max_size=40),
    inputs=st.integers(0, 2**64 - 1),
    payload=st.binary(max_size=200),
)


@given(SNAPSHOTS)
def test_a_snapshot_comes_back_as_it_was(snapshot: Snapshot) -> None:
    assert decode(b"".join(encode(snapshot))) == snapshot


@given(SNAPSHOTS)
def test_a_snapshot_torn_at_any_length_is_refused(snapshot: Snapshot) -> None:
    data = b"".join(encode(snapshot))
    for length in range(len(data)):
        with pytest.raises(ValueError, match="torn"):
            decode(data[:length])


@given(SNAPSHOTS, st.data())
def test_a_snapshot_with_any_bit_altered_is_refused(snapshot: Snapshot, data: st.DataObject) -> None:
    whole = bytearray(b"".join(encode(snapshot)))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError, match=r"altered|no snapshot|version"):
        decode(bytes(whole))


@given(SNAPSHOTS, st.binary(min_size=1))
def test_a_snapshot_with_anything_after_it_is_refused(snapshot: Snapshot, more: bytes) -> None:
    with pytest.raises(ValueError, match="altered"):
        decode(b"".join(encode(snapshot)) + more)


def test_the_format_is_the_documented_one() -> None:
    magic, version = b"BLKHSNAP", b"\0\0\0\1"
    body = bytes(7) + b"\x05" + b"\0\0\0\x02" + b"at" + b"state"
    digest = hashlib.sha256(magic + version + body).digest()
    assert decode(magic + version + digest + body) == Snapshot(b"at", 5, b"state")
