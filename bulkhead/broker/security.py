"""What a secured development server needs: certificates of its own, the keys of its tokens, tokens.

Everything is made once, in a folder that only its owner may enter, and kept until the server is erased. The
key of the authority is thrown away as soon as it has signed the server's certificate, so nobody can have it
sign another.
"""

import datetime
import ipaddress
import ssl
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bulkhead.broker.problem import BrokerError
from bulkhead.files import write_private

ADMIN = "admin"
"""The role that may do everything: `up` makes topics and grants under it."""
BROKER = "broker"
"""The role of the server's own client."""
VALID = datetime.timedelta(days=3650)
RSA_BITS = 2048
"""The least that RS256 is specified for (RFC 7518, 3.3)."""

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Security:
    """The folder of one secured server's certificates, keys and tokens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = folder / "ca.pem"
        """certificate of the authority, which clients trust"""
        self.certificate = folder / "server.pem"
        self.certificate_key = folder / "server.key"
        self.token_key = folder / "token.key"
        """private, RSA: who has it can be any role"""
        self.token_public_key = folder / "token.der"
        self.broker_token = folder / "broker.jwt"
        self.admin_token = folder / "admin.jwt"

    def make(self) -> None:
        """Make what is missing: all of it, or after an interruption the rest."""
        if not self.authority.exists():  # written last
            self._make_certificates()
        if not self.token_public_key.exists():
            key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
            write_private(self.token_key, _pem(key))
            public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            write_private(self.token_public_key, public)
        for role, path in ((BROKER, self.broker_token), (ADMIN, self.admin_token)):
            if not path.exists():
                write_token(self.token_key, role, path)

    def _make_certificates(self) -> None:
        authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority_name = _name("Bulkhead development authority")
        authority = (
            _certificate(authority_name, authority_name, authority_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, SHA256())
        )
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]
        server = (
            _certificate(_name("localhost"), authority_name, server_key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, SHA256())
        )
        write_private(self.certificate_key, _pem(server_key))
        write_private(self.certificate, server.public_bytes(Encoding.PEM))
        write_private(self.authority, authority.public_bytes(Encoding.PEM))

    def context(self) -> ssl.SSLContext:
        """For a client: trusts this server only, by its address."""
        return ssl.create_default_context(cafile=str(self.authority))


def write_token(key_file: Path, role: str, path: Path) -> None:
    """Write a token of `role`, signed with the private key in `key_file`, mode 0600. It does not expire: a
    client that renews one while it is connected can lose a confirmation.

    BrokerError: there is no such key.
    """
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BrokerError(
            f"{key_file}, which signs tokens, can't be used ({error}): it is made by `bulkhead broker start"
            f" --secure`"
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BrokerError(f"{key_file} is no RSA key: tokens are signed with RS256")
    write_private(path, jwt.encode({"sub": role}, key, algorithm="RS256").encode() + b"\n")


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(subject: x509.Name, issuer: x509.Name, key: _Key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + VALID)
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: _Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
