"""The clock gateway: appends readings of the wall clock to clock/0. The only place where the exchange
reads a clock.

Each run of the process is a source of its own, so a gateway that dies, or two that run at once, leave no
half-told stream: the clock machine drops a reading that is not later than the last.
"""

import threading
import time

import structlog

from bulkhead.domain.messages.control import ClockRead
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode

PENDING_READINGS_MAX = 10
"""While the log takes nothing, later readings are not worth keeping."""

_log = structlog.get_logger()


class ClockGateway:
    def __init__(self, log: Log, identity: Identity, tick_ms: int) -> None:
        name = f"gateway/clock.{time.time_ns() // 1000}"
        self._source = Source(log, identity, name, "clock/0", MacSealer(identity.mac_key), name)
        self._tick_s = tick_ms / 1000
        self.problem = ""
        """why it has ended for good; empty while it has not"""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock gateway", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        refusing = False
        while not self._stopping.wait(self._tick_s):
            now_us = time.time_ns() // 1000
            try:
                if self._source.pending() < PENDING_READINGS_MAX:
                    self._source.send([encode(ClockRead(now_us // 1000))], now_us)
                self._source.poll()
            except TemporaryError as problem:
                if not refusing:  # once, not ten times a second
                    _log.warning("the log refuses readings for now", problem=str(problem))
                refusing = True
            except FatalError as problem:
                self.problem = f"no more readings of the clock: {problem}"
                _log.error("the clock's gateway has ended", problem=str(problem))
                break
            else:
                refusing = refusing and self._source.pending() > 0
        self._source.close()
