"""Redis as the exchange reaches it: its address, a client for it, and what its failures mean here.

A password is never in an address: the address names the file that holds it, and the file is read at each
connection. So it is in no topology, argument, log or `repr`, and can be changed while the exchange trades.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from bulkhead.errors import TemporaryError

FORM = "redis://HOST:PORT/DB?prefix=TEXT&password_file=/absolute/file"
PREFIX = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""Keys of one exchange begin with it. No glob characters: erasing looks for keys that match."""
CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 5.0
"""8 MiB, the most in one command, take 0.1 s at 100 MB/s. Nobody trades in the threads that wait so long."""


class RedisAddress(NamedTuple):
    """One database of one server, and the part of its keys that is ours."""

    host: str
    port: int
    database: int
    prefix: str
    password_file: str
    """empty: the server asks for no password"""

    def __str__(self) -> str:
        options = {"prefix": self.prefix}
        if self.password_file:
            options["password_file"] = self.password_file
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"redis://{host}:{self.port}/{self.database}?{urlencode(options, safe=':/')}"


def parse(address: str) -> tuple[RedisAddress, dict[str, str]] | None:
    """What `address` names, and the options in it that are others' to read; None where it is of another form.

    A user or a password in it is refused like any other form.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    database = parts.path.removeprefix("/")
    if parts.scheme != "redis" or not parts.hostname or port is None or "@" in parts.netloc or parts.fragment:
        return None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    prefix, password_file = options.pop("prefix", ""), options.pop("password_file", "")
    if not database.isdecimal() or not PREFIX.fullmatch(prefix):
        return None
    if password_file and not password_file.startswith("/"):
        return None
    return RedisAddress(parts.hostname, port, int(database), prefix, password_file), options


def client(address: RedisAddress) -> Redis:
    """A client, which connects when it is first used, and again by itself; it repeats no command."""
    return Redis(
        host=address.host,
        port=address.port,
        db=address.database,
        credential_provider=_PasswordFile(address.password_file) if address.password_file else None,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_timeout=ANSWER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )


@contextmanager
def failures(address: RedisAddress, what: str) -> Iterator[None]:
    """Inside the block, whatever Redis refuses or does not answer is a TemporaryError that says so.

    `what` begins the sentence, such as "the snapshots of risk/0 can't be read".
    """
    try:
        yield
    except AuthenticationError as error:
        known = f"the password in {address.password_file}" if address.password_file else "no password"
        raise TemporaryError(
            f"{what}: Redis at {address.host}:{address.port} does not accept {known} ({error}); correct it"
        ) from error
    except (RedisError, OSError) as error:
        raise TemporaryError(
            f"{what}: Redis at {address.host}:{address.port} says or does this: {error};"
            f" look whether it runs (`bulkhead broker status`) and has room"
        ) from error


class _PasswordFile(CredentialProvider):
    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def get_credentials(self) -> tuple[str]:
        return (self._file.read_text().strip(),)
