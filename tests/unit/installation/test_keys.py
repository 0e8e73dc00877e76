"""The files of the keys that a topology names."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bulkhead.installation.keys import KeyMissing, Keys


def written(folder: Path, public_key: object) -> Path:
    file = folder / "alice.pub"
    file.write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))  # type: ignore[attr-defined]  # of either kind
    return file


def test_a_participant_may_keep_its_private_key_to_itself(tmp_path: Path) -> None:
    public_key = Ed25519PrivateKey.generate().public_key()
    written(tmp_path, public_key)
    keys = Keys(tmp_path, development=False)
    assert keys.public_key("alice") == public_key.public_bytes_raw()
    with pytest.raises(KeyMissing, match=r"alice\.pem is missing"):
        keys.private_key("alice")


def test_a_public_key_of_another_kind_or_none_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    keys = Keys(tmp_path, development=True)
    file = written(tmp_path, ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(KeyMissing, match=r"alice\.pub holds no Ed25519 key"):
        keys.public_key("alice")
    file.write_text("alice's")
    with pytest.raises(KeyMissing, match=r"alice\.pub holds no public key"):
        keys.public_key("alice")
