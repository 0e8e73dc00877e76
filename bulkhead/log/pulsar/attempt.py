"""A call that may block as long as a broker is away, made without waiting for it."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pulsar import PulsarException

T = TypeVar("T")

OVERDUE_S = 40.0
"""The client ends every call after its operation timeout, 10 s, and a call here makes up to two. One that
takes twice as long has been forgotten by it.
"""


SETTLE_S = 1.0
"""A call ends within milliseconds when its client is closed, or never."""

_running: "set[Attempt[Any]]" = set()


def settle() -> None:
    """Wait for the calls of a client that was just closed. Those that do not return now never will."""
    give_up_at = time.monotonic() + SETTLE_S
    for attempt in list(_running):
        attempt.join(max(give_up_at - time.monotonic(), 0.0))


def some_hang() -> bool:
    """Whether a thread is in a call to the client. It asks for Python's lock ten times a second, and a
    process whose Python has ended by then is aborted.
    """
    return bool(_running)


class Attempt(Generic[T]):
    """One call of `make` in a thread of its own; what it makes is given to `discard` when nobody wants it."""

    def __init__(self, make: Callable[[], T], discard: Callable[[T], None]) -> None:
        self._make = make
        self._discard = discard
        self._made: T | None = None
        self._problem: BaseException | None = None
        self._abandoned = False
        self._begun_at = time.monotonic()
        self._lock = threading.Lock()
        self._done = threading.Event()
        # A daemon: the client was seen never to return from a call that it was closed under, and a process
        # that ends must not wait for that.
        self._thread = threading.Thread(target=self._run, name="pulsar attempt", daemon=True)
        _running.add(self)
        self._thread.start()

    def _run(self) -> None:
        made, problem = None, None
        try:
            made = self._make()
        except BaseException as error:  # noqa: BLE001  # raised again where the result is asked for
            problem = error
        with self._lock:
            self._made, self._problem = made, problem
            unwanted = self._abandoned
            self._done.set()
        if unwanted and made is not None:
            self._discard(made)
        _running.discard(self)

    def result(self, timeout_s: float) -> T | None:
        """What was made; None while it is not, after `timeout_s`. Raises what the call raised."""
        if not self._done.wait(timeout_s):
            return None
        if self._problem is not None:
            raise self._problem
        return self._made

    def overdue(self) -> bool:
        """It has not ended, and never will."""
        return not self._done.is_set() and time.monotonic() - self._begun_at > OVERDUE_S

    def join(self, timeout_s: float) -> None:
        """Wait until its thread has ended."""
        self._thread.join(timeout_s)

    def abandon(self) -> None:
        """Nobody will ask for the result: whatever comes of it is discarded."""
        with self._lock:
            self._abandoned = True
            made = self._made
        if made is not None:
            self._discard(made)


def close_quietly(opened: Any) -> None:
    """Close what is given up anyway: whether the broker hears of it makes no difference."""
    try:
        opened.close()
    except PulsarException:
        return
