"""The way of one participant's frames through the gateway, as a stepper: each numbered step can be called
alone.

1 receive      frames of the participant's topic, whatever is there, up to a size
2 take         each, once it is its turn and the window has room: forward it, or note why not
3 acknowledge  the topic, as far as the machine's partition has what was done

A lane waits for nobody but itself: its own topic, its own rate, its own window of unconfirmed frames. It
says how long; whoever steps it does the waiting.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from bulkhead.domain.ingress.model import Entrance
from bulkhead.domain.messages.ingress import FrameRefused, FramesForwarded
from bulkhead.domain.reasons import Reason
from bulkhead.log.port import Log, Position, Reader, Record
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.carried import commands_in
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.ingress.pace import Pace
from bulkhead.wire.authentication import Verifier
from bulkhead.wire.frame import Unreadable, read_frame

RECEIVE_BYTES_MAX = 64 * 1024
REFUSAL_PAUSE_S = 0.01
"""What a frame that is refused costs its sender: 100 a second are taken, at 0.2 ms of CPU each, their dead
letters included. The rest of a flood waits in the sender's own topic.
"""
FULL_PAUSE_S = 0.01
"""A tenth of the time between two tellings, each of which may make room."""
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
    """the outlet's number of it; 0 where it was refused, or passed over"""
    refusal: FrameRefused | None


class Lane:
    """`now_s`: a clock that never goes back, in seconds."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        entrance: Entrance,
        shard: int,
        outlet: Outlet,
        now_s: Callable[[], float],
    ) -> None:
        self.participant_id = entrance.participant_id
        self.partition = f"ingress.{entrance.participant_id}/0"
        self.problem: Exception | None = None
        """why it takes nothing now, or, a FatalError, any more; kept by whoever steps it"""
        self.refused = 0
        """frames since the process started"""
        self._log = log
        self._identity = identity
        self._entrance = entrance
        self._subscription = f"ingress/{shard}"
        # Addressed to the risk shard: that is what the participant has signed.
        self._verifier = self._verifier_for(outlet.partition)
        self._outlet = outlet
        self._now_s = now_s
        self._pace = Pace()
        self._rests_until_s = 0.0
        """after a frame that was refused"""
        self.ordinal, self._begin = entrance.forwarded
        """of the last frame that was dealt with, counted from the topic's first; where to begin after it"""
        self._reader: Reader | None = None
        self._received: deque[Record] = deque()
        """not taken yet: where the lane ends before, the next run reads them again"""
        self._lock = threading.Lock()
        """for what the gateway's own thread collects"""
        self._taken: deque[_Taken] = deque()
        self._window_bytes = 0
        self._told: Position | None = None
        """up to which the machine's partition has what was done, until it is acknowledged"""
        self._acknowledged_at_s = 0.0

    def step(self, timeout_s: float) -> float:
        """All steps once, waiting up to `timeout_s` for frames: how many seconds there is nothing to do for
        this lane, then; 0.0: none. TemporaryError: try again.

        FatalError: nothing more of this participant can be read.
        """
        if self.gone:
            return 0.0
        if not self._received:
            self.receive(timeout_s)
        wait_s = self.take()
        self.acknowledge()
        return wait_s

    @property
    def gone(self) -> bool:
        """To the gateway of another risk shard: nothing more is taken here."""
        return self._entrance.gone

    def receive(self, timeout_s: float) -> None:
        if self._reader is None:
            self._reader = self._open()
        self._received += self._reader.receive(RECEIVE_BYTES_MAX, timeout_s)

    def _open(self) -> Reader:
        reader = self._log.reader(self.partition, self._subscription)
        try:
            reader.seek(self._begin or None)
        except BaseException:
            reader.close()
            raise
        return reader

    def take(self) -> float:
        """Deal with what was received: in how many seconds it is the next frame's turn; 0.0: none is left."""
        while self._received and not self.gone:
            position, frame = self._received[0]
            wait_s = self._wait_s(len(frame))
            if wait_s > 0.0:
                return wait_s
            self._received.popleft()
            self._take(position, frame)
        return 0.0

    def _wait_s(self, frame_bytes: int) -> float:
        now_s = self._now_s()
        wait_s = max(self._pace.wait_s(now_s), self._rests_until_s - now_s)
        if wait_s > 0.0:
            return wait_s
        return FULL_PAUSE_S if self._is_full(frame_bytes) else 0.0

    @property
    def waits_for_room(self) -> bool:
        """Whether the next frame can't be taken before `collect`."""
        return bool(self._received) and self._is_full(len(self._received[0].frame))

    def _is_full(self, frame_bytes: int) -> bool:
        with self._lock:
            over = self._window_bytes + frame_bytes > WINDOW_BYTES or len(self._taken) >= WINDOW_FRAMES
            return over and bool(self._taken)

    def _take(self, position: Position, frame: bytes) -> None:
        self.ordinal += 1
        reason = self._reason_to_refuse(frame)
        if reason is Reason.FRAME_FOREIGN and self._is_sent_again(frame):
            self._note(_Taken(self.ordinal, position, len(frame), 0, None))
            return
        if reason is None:
            self._note(_Taken(self.ordinal, position, len(frame), self._outlet.forward(frame), None))
            return
        self.refused += 1
        head = frame[:HEAD_BYTES_MAX]
        refusal = FrameRefused(self.participant_id, self.ordinal, position, reason, head, len(frame))
        self._note(_Taken(self.ordinal, position, len(head), 0, refusal))
        self._rests_until_s = self._now_s() + REFUSAL_PAUSE_S

    def _note(self, taken: _Taken) -> None:
        with self._lock:
            self._taken.append(taken)
            self._window_bytes += taken.frame_bytes

    def _verifier_for(self, partition: str) -> Verifier:
        identity = self._identity
        return Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)

    def _reason_to_refuse(self, data: bytes) -> Reason | None:
        return self._judge(self._verifier, data)

    def _judge(self, verifier: Verifier, data: bytes) -> Reason | None:
        try:
            frame = verifier.check(data)
        except Unreadable as problem:
            return problem.reason
        self._pace.count(commands_in(frame.events), self._entrance.commands_per_s_max, self._now_s())
        signer = frame.signer
        if signer is None:
            return Reason.SOURCE_FORBIDDEN  # a shard's frame, with its MAC: it has no business here
        return None if signer[0] in self._entrance.keys else Reason.KEY_UNKNOWN

    def _is_sent_again(self, data: bytes) -> bool:
        """Whether a participant that has moved has signed this for another risk shard. MovedHere tells it
        what that one has taken, and the rest it sends again, signed for the next.
        """
        if not self._entrance.has_moved:
            return False
        destination = read_frame(data).destination
        return (
            destination.startswith("orders/") and self._judge(self._verifier_for(destination), data) is None
        )

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

    def acknowledge(self) -> None:
        now_s = self._now_s()
        with self._lock:
            if self._reader is None or self._told is None:
                return
            if now_s - self._acknowledged_at_s < ACKNOWLEDGE_EVERY_S:
                return
            told, self._told, self._acknowledged_at_s = self._told, None, now_s
        self._reader.acknowledge(told)

    def interrupt(self) -> None:
        """Wake a step that waits for frames; from any thread."""
        reader = self._reader
        if reader is not None:
            reader.interrupt()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
