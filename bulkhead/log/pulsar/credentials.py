"""Who this process is to a secured cluster, and how it knows that the cluster is the right one."""

import ssl
from pathlib import Path
from typing import Any

import jwt
from pulsar import Authentication

from bulkhead.errors import FatalError
from bulkhead.log.pulsar.address import PulsarAddress

_PLUGIN = "org.apache.pulsar.client.impl.auth.AuthenticationToken"


class Credentials:
    """Of one address; of a cluster without TLS there are none. The token stays in its file: only the path is
    kept.

    FatalError: a file that the address names is not there, or is not what it should be.
    """

    def __init__(self, address: PulsarAddress) -> None:
        self._token = Path(address.token) if address.token else None
        self._authority = address.ca or None
        if self._authority is not None:
            self._read(Path(self._authority), "the certificate of the cluster's authority")
        self.role = "" if self._token is None else self._role()
        """what the token says; the broker checks whether that is true"""

    def client_options(self) -> dict[str, Any]:
        """For pulsar.Client."""
        if self._token is None:
            return {}
        return {
            # Read by the client at each connection, so a file that is replaced counts from the next one on.
            "authentication": Authentication(_PLUGIN, f"file://{self._token}"),
            "tls_trust_certs_file_path": self._authority,
            "tls_validate_hostname": True,
        }

    def http_options(self) -> dict[str, Any]:
        """For httpx.Client."""
        if self._token is None:
            return {}
        return {
            "verify": ssl.create_default_context(cafile=self._authority),
            "headers": {"Authorization": f"Bearer {self._text()}"},
        }

    def subscription(self, name: str) -> str:
        """A subscription's name in the cluster: it begins with the role, or the broker refuses it."""
        return subscription(self.role, name)

    def _role(self) -> str:
        try:
            claims = jwt.decode(self._text(), options={"verify_signature": False})
            role = claims["sub"]
        except (jwt.InvalidTokenError, KeyError) as error:
            raise FatalError(
                f"{self._token} holds no token with a subject ({type(error).__name__}): put this role's token"
                f" there"
            ) from error
        return str(role)

    def _text(self) -> str:
        assert self._token is not None  # asked only where there is one
        return self._read(self._token, "the token of this role").strip()

    @staticmethod
    def _read(file: Path, what: str) -> str:
        try:
            return file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise FatalError(f"{file}, {what}, can't be read ({reason}): put it there") from error


def subscription(role: str, name: str) -> str:
    """The name of a role's subscription, which for its reader is `name`."""
    return f"{role}-{name}" if role else name
