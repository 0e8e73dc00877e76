"""What SQLite's errors mean to the exchange, and patience with locks that others hold for a moment."""

import errno
import random
import time
from collections.abc import Callable
from typing import TypeVar

import apsw

from bulkhead.errors import FatalError, TemporaryError

T = TypeVar("T")

# Another process holds the lock, recovers after a crash, or closes the file as its last user.
Busy = (apsw.BusyError, apsw.LockedError, apsw.ProtocolError)

# One transaction of the largest size takes about 25 ms; a second without a turn means that a process
# was stopped while it held the lock.
PATIENCE_S = 1.0

# The built-in busy handler backs off up to 100 ms and starved writers for 0.8 s; an append takes 20 us.
RETRY_MIN_S = 50e-6
RETRY_MAX_S = 200e-6

# No room, or no descriptor left: passes when someone makes room. IOERR_FSYNC is not among them: after a
# failed fsync the kernel may have dropped the pages that it could not write.
_TEMPORARY = {
    apsw.SQLITE_FULL,
    apsw.SQLITE_IOERR_WRITE,
    apsw.SQLITE_IOERR_SHMSIZE,
    apsw.SQLITE_IOERR_SHMOPEN,
    apsw.SQLITE_IOERR_SHMMAP,
    apsw.SQLITE_IOERR_TRUNCATE,
    apsw.SQLITE_CANTOPEN,
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.EINTR}


def pause() -> None:
    """Sleep for a moment before trying a lock again; random, so that two waiters part."""
    time.sleep(random.uniform(RETRY_MIN_S, RETRY_MAX_S))


def patiently(action: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """`action()`, again while SQLite answers busy; TemporaryError about `what` after `patience_s` of that.

    Every other SQLite or OS error becomes the error that it means.
    """
    give_up_at: float | None = None
    while True:
        try:
            return action()
        except Busy as error:
            now = time.monotonic()
            if give_up_at is None:
                give_up_at = now + patience_s
            if now >= give_up_at:
                raise still_busy(error, what) from error
            pause()
        except (apsw.Error, OSError) as error:
            raise failure(error, what) from error


def still_busy(error: apsw.Error, what: str) -> TemporaryError:
    return TemporaryError(
        f"{what}: another process has held the lock for too long ({error}); if this stays, look for a"
        f" stopped process that has the file open"
    )


def failure(error: apsw.Error | OSError, what: str) -> TemporaryError | FatalError:
    """The error to raise for `error`, met while doing `what` (which names the file)."""
    if isinstance(error, Busy):
        return still_busy(error, what)
    if isinstance(error, OSError):
        temporary, code = error.errno in _NO_ROOM, str(error)
    else:
        # An apsw.Error that does not come from SQLite itself (a misuse, a closed connection) has no code.
        extended = getattr(error, "extendedresult", 0)
        temporary = extended in _TEMPORARY or extended & 0xFF in {apsw.SQLITE_FULL, apsw.SQLITE_CANTOPEN}
        code = f"{error} (SQLite code {extended})"
    if temporary:
        return TemporaryError(f"{what}: {code}; make room on the disk (or raise the limit on open files)")
    return FatalError(f"{what}: {code}; check the file and its disk, and restore it from a copy if damaged")
