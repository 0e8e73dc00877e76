"""A client for Redis, and what its failures mean here.

A password is read from its file at each connection, so it can be changed while the exchange trades.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry

from bulkhead.errors import TemporaryError
from bulkhead.redis_access.address import RedisAddress

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 5.0
"""8 MiB, the most in one command, take 0.1 s at 100 MB/s. Nobody trades in the threads that wait so long."""


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
            f"{what}: Redis at {address.host}:{address.port} fails: {error}; look whether it runs"
            f" (`bulkhead broker status`) and has room"
        ) from error


def erase(address: RedisAddress) -> None:
    """Delete every key of ours. TemporaryError: some may be left, the same call goes on."""
    what = f"what is kept under {address.prefix} can't be deleted"
    with client(address) as reached, failures(address, what):
        for key in reached.scan_iter(f"{address.prefix}*", count=1000):
            reached.unlink(key)


class _PasswordFile(CredentialProvider):
    def __init__(self, file: str) -> None:
        self._file = Path(file)

    def get_credentials(self) -> tuple[str]:
        try:
            return (self._file.read_text().strip(),)
        except OSError as error:
            # One of Redis' own errors: after any other the client would keep the connection, unauthenticated.
            raise NoConnection(f"the file of its password can't be read: {error}") from error
