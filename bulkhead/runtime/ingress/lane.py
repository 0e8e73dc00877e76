"""The way of one participant's frames through the gateway, as a stepper: one thread each steps it, or a test.

A lane waits for nobody but itself: its own topic, its own rate, its own window of unconfirmed frames.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from bulkhead.domain.ingress.model import Entrance
from bulkhead.domain.messages.ingress import FrameRefused, FramesForwarded
from bulkhead.domain.reasons import Reason
from bulkhead.log.port import Log, Position, Reader
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.ingress.pace import Pace
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import Unreadable

RECEIVE_BYTES_MAX = 64 * 1024
REFUSAL_PAUSE_S = 0.01
"""What a frame that is refused costs its sender: 100 a second are taken, at 0.2 ms of CPU each, their dead
letters included. The rest of a flood waits in the sender's own topic.
"""
WINDOW_FRAMES = 1000
WINDOW_BYTES = 1024 * 1024
"""Of one participant, in memory: taken and not yet confirmed and told. Reached while the log is away, or by a
rate of more than ten thousand frames a second.
"""
ACKNOWLEDGE_EVERY_S = 10.0
"""For whoever looks at the log, and one day retention: nothing here goes by it."""
HEAD_BYTES_MAX = 4096
"""of a refused frame, which its dead letter keeps"""


class _Taken(NamedTuple):
    """One frame that was dealt with."""

    ordinal: int
    position: Position
    frame_bytes: int
    outlet: int
    """the outlet's number of it; 0 where it was refused"""
    refusal: FrameRefused | None


class Lane:
    """`wait` pauses for so many seconds, or until the lane has to end: then it returns True."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        entrance: Entrance,
        shard: int,
        outlet: Outlet,
        hurry: Callable[[], object],
        wait: Callable[[float], bool],
    ) -> None:
        """`hurry` asks for `collect`."""
        self.participant_id = entrance.participant_id
        self.partition = f"ingress.{entrance.participant_id}/0"
        self.problem: Exception | None = None
        """why it takes nothing now, or, a FatalError, any more; kept by whoever steps it"""
        self.refused = 0
        """frames since the process started"""
        self._log = log
        self._entrance = entrance
        self._subscription = f"ingress/{shard}"
        # Addressed to the risk shard: that is what the participant has signed.
        self._verifier = Verifier(
            identity.exchange_id, identity.genesis_id, outlet.partition, identity.mac_key
        )
        self._outlet = outlet
        self._hurry = hurry
        self._wait = wait
        self._pace = Pace()
        self._ordinal, self._begin = entrance.forwarded
        self._reader: Reader | None = None
        self._lock = threading.Lock()
        """for what the gateway's own thread collects"""
        self._taken: deque[_Taken] = deque()
        self._window_bytes = 0
        self._told: Position | None = None
        """up to which the machine's partition has what was done, until it is acknowledged"""
        self._acknowledged_at = 0.0

    def step(self, timeout_s: float) -> int:
        """Take what is there, waiting up to `timeout_s` for it: how many frames. TemporaryError: try again.

        FatalError: nothing more of this participant can be read.
        """
        if self._reader is None:
            self._reader = self._open()
        records = self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)
        for position, frame in records:
            if self._wait_for_room(len(frame)):
                break  # not taken: the next run reads it again
            self._take(position, frame)
        self._acknowledge(self._reader)
        return len(records)

    def _open(self) -> Reader:
        reader = self._log.reader(self.partition, self._subscription)
        try:
            reader.seek(self._begin or None)
        except BaseException:
            reader.close()
            raise
        return reader

    def _wait_for_room(self, frame_bytes: int) -> bool:
        """Until it is this participant's turn and the window has room; True when the lane has to end."""
        while (wait_s := self._pace.wait_s(time.monotonic())) > 0:
            if self._wait(wait_s):
                return True
        while self._is_full(frame_bytes):
            self._hurry()
            if self._wait(REFUSAL_PAUSE_S):
                return True
        return False

    def _is_full(self, frame_bytes: int) -> bool:
        with self._lock:
            over = self._window_bytes + frame_bytes > WINDOW_BYTES or len(self._taken) >= WINDOW_FRAMES
            return over and bool(self._taken)

    def _take(self, position: Position, frame: bytes) -> None:
        self._ordinal += 1
        reason = self._reason_to_refuse(frame)
        if reason is None:
            self._note(_Taken(self._ordinal, position, len(frame), self._outlet.forward(frame), None))
            return
        self.refused += 1
        head = frame[:HEAD_BYTES_MAX]
        refusal = FrameRefused(self.participant_id, self._ordinal, position, reason, head, len(frame))
        self._note(_Taken(self._ordinal, position, len(head), 0, refusal))
        self._wait(REFUSAL_PAUSE_S)

    def _note(self, taken: _Taken) -> None:
        with self._lock:
            self._taken.append(taken)
            self._window_bytes += taken.frame_bytes

    def _reason_to_refuse(self, data: bytes) -> Reason | None:
        try:
            frame = self._verifier.check(data)
        except Unreadable as problem:
            return problem.reason
        self._pace.count(len(frame.events), self._entrance.commands_per_s_max, time.monotonic())
        signer = frame.signer
        if signer is None:
            return Reason.SOURCE_FORBIDDEN  # a shard's frame, with its MAC: it has no business here
        return None if signer[0] in self._entrance.keys else Reason.KEY_UNKNOWN

    def collect(self, confirmed: int) -> list[Any]:
        """What can be told now that the log has the first `confirmed` frames of the outlet: refusals, and how
        far everything is done.
        """
        told: list[Any] = []
        last: _Taken | None = None
        with self._lock:
            while self._taken and self._taken[0].outlet <= confirmed:
                last = self._taken.popleft()
                self._window_bytes -= last.frame_bytes
                if last.refusal is not None:
                    told.append(last.refusal)
        if last is not None:
            told.append(FramesForwarded(self.participant_id, last.ordinal, last.position))
        return told

    def acknowledgeable(self, position: Position) -> None:
        """The machine's partition has what was done up to there: the topic's reader may say so, soon."""
        with self._lock:
            self._told = position

    def _acknowledge(self, reader: Reader) -> None:
        now = time.monotonic()
        with self._lock:
            if self._told is None or now - self._acknowledged_at < ACKNOWLEDGE_EVERY_S:
                return
            told, self._told, self._acknowledged_at = self._told, None, now
        reader.acknowledge(told)

    def interrupt(self) -> None:
        """Wake a step that waits for frames; from any thread."""
        reader = self._reader
        if reader is not None:
            reader.interrupt()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
