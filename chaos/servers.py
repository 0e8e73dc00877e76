"""Servers that the exchange uses and that a run may kill: killed, and at once started again."""

import os
import signal
import threading
from collections.abc import Callable

from bulkhead.broker.problem import BrokerError


class KilledServer:
    """One server. `pid` tells its process, a child of this one; `start` starts it where its data are, and
    returns when it works.
    """

    def __init__(self, kind: str, pid: Callable[[], int], start: Callable[[], object]) -> None:
        self.kind = kind
        self._pid = pid
        self._start = start
        self._problem: BrokerError | None = None
        self._thread = threading.Thread()

    def kill(self) -> None:
        pid = self._pid()
        os.kill(pid, signal.SIGKILL)
        self._thread = threading.Thread(
            target=self._run, args=(pid,), name=f"start of the {self.kind}", daemon=True
        )
        self._thread.start()

    def _run(self, pid: int) -> None:
        # Not when it is a zombie: while its last threads still end, its ports are taken.
        os.waitpid(pid, 0)
        try:
            self._start()
        except BrokerError as problem:
            self._problem = problem

    @property
    def back(self) -> bool:
        """Whether it works again. BrokerError: it does not start."""
        if self._thread.is_alive():
            return False
        if self._problem is not None:
            raise self._problem
        return True

    def settle(self) -> None:
        """Return when nothing starts any more."""
        if self._thread.is_alive():
            self._thread.join()
