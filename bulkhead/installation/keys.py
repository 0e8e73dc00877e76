"""The keys that a topology names. In development missing ones are made; otherwise a missing one is an
error.
"""

import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bulkhead.files import write_private
from bulkhead.wire.authentication import MAC_KEY_BYTES


class KeyMissing(Exception):
    """A key that the topology names is not there, and this is no development exchange."""


class Keys:
    """`directory`: keys/NAME.pem (Ed25519, PKCS8) of participants and operators, or, of those who keep theirs
    to themselves, its public half, keys/NAME.pub (PEM); keys/NAME.key (hexadecimal).
    """

    def __init__(self, directory: Path, development: bool) -> None:
        self._directory = directory
        self._development = development

    def has(self, file: str) -> bool:
        """Whether keys/FILE is there; of a NAME.pem its public half will do."""
        path = self._directory / file
        return path.exists() or (path.suffix == ".pem" and path.with_suffix(".pub").exists())

    def make(self, file: str) -> None:
        """Have NAME.pem or NAME.key there. KeyMissing: it is not, and this is no development exchange."""
        name, _, kind = file.rpartition(".")
        if kind == "pem":
            self.public_key(name)
        else:
            self.secret_path(name)

    def public_key(self, name: str) -> bytes:
        """The 32 bytes of the named Ed25519 key's public half."""
        path = self._directory / f"{name}.pub"
        if not path.exists():
            return self.private_key(name).public_key().public_bytes_raw()
        try:
            loaded = load_pem_public_key(path.read_bytes())
        except ValueError as problem:
            raise KeyMissing(f"{path} holds no public key in PEM: {problem}") from problem
        if not isinstance(loaded, Ed25519PublicKey):
            raise KeyMissing(f"{path} holds no Ed25519 key; replace it by one")
        return loaded.public_bytes_raw()

    def private_key(self, name: str) -> Ed25519PrivateKey:
        """The named Ed25519 key."""
        path = self._directory / f"{name}.pem"
        if not path.exists():
            self._refuse_or_go_on(path)
            private_key = Ed25519PrivateKey.generate()
            write_private(path, private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        loaded = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(loaded, Ed25519PrivateKey):
            raise KeyMissing(f"{path} holds no Ed25519 key; replace it by one (PEM, PKCS8)")
        return loaded

    def secret_path(self, name: str) -> Path:
        """The file of the named symmetric key: actors are told the path, never the key."""
        path = self._directory / f"{name}.key"
        if not path.exists():
            self._refuse_or_go_on(path)
            write_private(path, secrets.token_bytes(MAC_KEY_BYTES).hex().encode() + b"\n")
        return path

    def _refuse_or_go_on(self, path: Path) -> None:
        if not self._development:
            raise KeyMissing(f"{path} is missing: {self.advice(path.name)}")

    @staticmethod
    def advice(file: str) -> str:
        """What to do about a missing one, where none may be made."""
        public = f" (of a participant its public half will do, as {Path(file).stem}.pub)"
        half = public if file.endswith(".pem") else ""
        return f"put the key there{half}, or say `development: true` to have one made"
