"""Only one process changes an installation at a time: two that found it at once would found two exchanges."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from bulkhead.errors import TemporaryError
from bulkhead.installation.state import Installation


@contextmanager
def alone(installation: Installation) -> Iterator[None]:
    """While the block lasts no other process is in one like it; kill -9 ends it. TemporaryError: one is."""
    installation.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(installation.directory / "apply.lock", "wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise TemporaryError(
                f"another `up`, `upgrade` or `topology apply` is changing {installation.topology.exchange}"
                f" just now: plan again when it has ended"
            ) from problem
        yield
