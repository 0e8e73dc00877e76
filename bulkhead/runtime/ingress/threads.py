"""The gateway in threads, beside its machine's loop: one for each lane, so that none waits for another's
frames, and one that tells. Nothing else in the gateway reads a clock, or waits.
"""

import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing

import structlog

from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.errors import FatalError, TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.gateway import Gateway
from bulkhead.runtime.ingress.lane import Lane

TELL_EVERY_S = 0.1
"""So much is forwarded again after a kill, and dropped; each telling is a frame of the log."""
RECEIVE_TIMEOUT_S = 10.0
"""How long an idle lane waits for frames; they end it at once, and the end within a second."""
BACKOFF_S = (0.01, 1.0)
"""The first wait after a temporary error, and the longest: it doubles in between."""
JOIN_S = 5.0

_log = structlog.get_logger()


def wall_clock_us() -> int:
    return time.time_ns() // 1000


class GatewayThreads:
    """A `Companion` of an ingress shard. `behind`: how many frames its machine has not applied."""

    def __init__(
        self, open_log: Callable[[], Log], identity: Identity, ingress: Ingress, behind: Callable[[], int]
    ) -> None:
        self._open_log = open_log
        self._identity = identity
        self._ingress = ingress
        self._behind = behind
        self._begun = False
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._gateway: Gateway | None = None
        self._known: dict[str, Entrance] = {}
        """all whom the machine knows; replaced whole"""
        self._problem: TemporaryError | None = None
        """why it can't begin now"""
        self._fatal: FatalError | None = None
        self._lanes: dict[str, threading.Thread] = {}
        self._parting: list[tuple[Lane, threading.Thread]] = []
        """lanes that have gone to another gateway, until their threads have ended"""
        self._thread = threading.Thread(target=self._run, name="ingress gateway", daemon=True)

    def after_step(self) -> dict[str, Exception]:
        """Begins once the machine has read all that an earlier run has told: less is repeated then."""
        if self._fatal is not None:
            raise self._fatal
        if self._known != self._ingress.entrances:
            self._known = dict(self._ingress.entrances)
        if not self._begun:
            if self._behind():
                return {}
            self._begun = True
            self._thread.start()
        if self._gateway is None:
            return {} if self._problem is None else {"ingress gateway": self._problem}
        return self._gateway.problems()

    @property
    def refused(self) -> int:
        """Frames of all participants since the process started."""
        return self._gateway.refused if self._gateway is not None else 0

    def close(self) -> None:
        self._stopping.set()
        self._hurry.set()
        if self._begun:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        try:
            with closing(self._open_log()) as log:
                self._forward(log)
        except FatalError as problem:
            self._fatal = problem
        except Exception:  # noqa: BLE001  # shown as what halts the shard
            self._fatal = FatalError(f"the ingress gateway can't go on: {traceback.format_exc()}")

    def _forward(self, log: Log) -> None:
        try:
            gateway = self._gateway = self._made(log)
            if gateway is not None:
                self._tell(gateway)
        finally:
            self._end()

    def _made(self, log: Log) -> Gateway | None:
        """The gateway, however long its writers can't be made; None when it is to end before."""
        while True:
            try:
                return Gateway(log, self._identity, self._ingress, wall_clock_us, time.monotonic)
            except TemporaryError as problem:
                self._problem = problem
            if self._stopping.wait(BACKOFF_S[1]):
                return None

    def _tell(self, gateway: Gateway) -> None:
        while not self._stopping.is_set():
            self._part(gateway)
            for participant_id, entrance in self._known.items():
                if participant_id not in self._lanes and not entrance.gone:
                    self._start(gateway.open_lane(entrance))
            gateway.tell()
            self._hurry.wait(TELL_EVERY_S)
            self._hurry.clear()

    def _part(self, gateway: Gateway) -> None:
        """With lanes that have gone to another gateway."""
        for lane in gateway.take_out_gone():
            lane.interrupt()
            self._parting.append((lane, self._lanes.pop(lane.participant_id)))
        for lane, thread in self._parting:
            if not thread.is_alive():
                lane.close()
        self._parting = [(lane, thread) for lane, thread in self._parting if thread.is_alive()]

    def _start(self, lane: Lane) -> None:
        thread = threading.Thread(target=self._drive, args=(lane,), name=lane.partition, daemon=True)
        self._lanes[lane.participant_id] = thread
        thread.start()

    def _drive(self, lane: Lane) -> None:
        """One participant's thread."""
        wait_s = BACKOFF_S[0]
        try:
            while not self._stopping.is_set() and not lane.gone:
                try:
                    pause_s = lane.step(RECEIVE_TIMEOUT_S)
                except TemporaryError as problem:
                    lane.problem = problem
                    self._stopping.wait(wait_s)
                    wait_s = min(2 * wait_s, BACKOFF_S[1])
                else:
                    lane.problem = None
                    wait_s = BACKOFF_S[0]
                    if lane.waits_for_room:
                        self._hurry.set()
                    if pause_s:
                        self._stopping.wait(pause_s)
        except FatalError as problem:
            self._ended(lane, problem)
        except Exception:  # noqa: BLE001  # this participant's: the others' lanes go on
            self._ended(lane, FatalError(traceback.format_exc()))

    def _ended(self, lane: Lane, why: FatalError) -> None:
        _log.error("a participant's frames are forwarded no more", partition=lane.partition, why=str(why))
        lane.problem = FatalError(f"nothing more is forwarded from here until this shard is restarted: {why}")

    def _end(self) -> None:
        self._stopping.set()
        if self._gateway is not None:
            for lane in self._gateway.lanes.values():
                lane.interrupt()
            for thread in self._lanes.values():
                thread.join(JOIN_S)
            for lane, thread in self._parting:
                thread.join(JOIN_S)
                lane.close()
            self._gateway.close()
