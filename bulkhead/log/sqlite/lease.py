"""A lease of the embedded log: one small file, which the newest holder put in the place of the one before.

Taking is a rename: the last to do it is the holder, and nobody ever waits for a lock that a stopped process
holds. Whoever held it before has its own file open still, and sees that no name leads to it any more. What it
writes there, nobody finds.
"""

import os
import secrets
from pathlib import Path

from bulkhead.errors import TemporaryError
from bulkhead.log.lease import (
    check_record,
    decode_holding,
    encode_holding,
    never_taken,
    superseded,
)
from bulkhead.log.port import HOLDER_CHARACTERS_MAX, RECORD_BYTES_MAX, Holding
from bulkhead.log.sqlite.failures import failure, pause

FILE_BYTES = 6 + 1 + 2 + HOLDER_CHARACTERS_MAX + 3 + RECORD_BYTES_MAX
"""The longest content (checksum and length, then an array of a string and a `bin`): the file never grows, so
a full disk does not stop a holder.
"""
READ_ATTEMPTS = 20
"""A reader may meet a write in the middle, which takes microseconds; it looks again after 50 to 200."""


class SqliteLease:
    """A `Lease`."""

    def __init__(self, directory: Path, name: str, holder: str) -> None:
        self._path = directory / "lease"
        self._name = name
        self.holder = holder
        self._descriptor: int | None = None

    def prepare(self) -> bool:
        return True

    def take(self) -> None:
        draft = self._path.with_name(f".lease.{os.getpid()}.{secrets.token_hex(4)}")
        content = encode_holding(Holding(self.holder, b"")).ljust(FILE_BYTES, b"\0")
        try:
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(descriptor, content, 0)
                os.rename(draft, self._path)
            except BaseException:
                os.close(descriptor)
                draft.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise failure(error, f"taking the lease {self._path}") from error
        self.close()
        self._descriptor = descriptor

    def check(self) -> None:
        if self._descriptor is None:
            raise never_taken(self._name)
        if os.fstat(self._descriptor).st_nlink == 0:
            raise superseded(self._name, self.holder, self._seen())

    def _seen(self) -> Holding | None:
        try:
            return self.holding()
        except TemporaryError:
            return None  # it is told who has it where that is known

    def publish(self, record: bytes) -> None:
        check_record(self._name, record)
        self.check()
        assert self._descriptor is not None  # check
        try:
            os.pwrite(self._descriptor, encode_holding(Holding(self.holder, record)), 0)
        except OSError as error:
            raise failure(error, f"publishing with the lease {self._path}") from error

    def holding(self) -> Holding | None:
        for _ in range(READ_ATTEMPTS):
            try:
                content = self._path.read_bytes()
            except FileNotFoundError:
                return None
            except OSError as error:
                raise failure(error, f"reading the lease {self._path}") from error
            found = decode_holding(content)
            if found is not None:
                return found
            pause()
        # Its holder was stopped in the middle of a write, or the power went: whoever takes it writes it anew.
        raise TemporaryError(
            f"{self._path} is half written; if this stays, restart the shard whose lease it is"
        )

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
