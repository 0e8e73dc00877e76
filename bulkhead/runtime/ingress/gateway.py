"""The gateway as a stepper: which lanes there are, and what its machine is told."""

import time
from collections.abc import Callable

from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.domain.messages.ingress import FramesForwarded
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode

UNTOLD_FRAMES_MAX = 100
"""Beyond it lanes keep what they have to tell, up to their windows: its machine's partition takes nothing."""


def wall_clock_us() -> int:
    return time.time_ns() // 1000


class Gateway:
    """Of one ingress shard. `tell` belongs to one thread; each lane to one at a time."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        ingress: Ingress,
        hurry: Callable[[], object],
        wait: Callable[[float], bool],
    ) -> None:
        # Each run is a source of its own: no number of the one before has to be known.
        run = f"gateway/ingress.{ingress.shard}.{wall_clock_us()}"
        own = f"ingress/{ingress.shard}"
        self.lanes: dict[str, Lane] = {}
        """by participant"""
        self._problem: TemporaryError | None = None
        """why nothing can be told now"""
        self._log = log
        self._identity = identity
        self._shard = ingress.shard
        self._hurry = hurry
        self._wait = wait
        self._own = own
        self._outlet = Outlet(log, f"orders/{ingress.shard}", run)
        try:
            self._source = Source(log, identity, run, own, MacSealer(identity.mac_key), run)
        except BaseException:
            self._outlet.close()
            raise
        self._unconfirmed: list[FramesForwarded] = []
        """told, and not yet known to be in the log"""

    def open_lane(self, entrance: Entrance) -> Lane:
        """The participant's, from where its machine knows it to be."""
        lane = self.lanes[entrance.participant_id] = Lane(
            self._log, self._identity, entrance, self._shard, self._outlet, self._hurry, self._wait
        )
        return lane

    def tell(self) -> int:
        """Push what is queued, and tell what has been done since the last call: how many events that made.

        FatalError: nothing more can be forwarded, or told.
        """
        confirmed = self._outlet.confirmed()
        events = 0
        if self._source.pending() < UNTOLD_FRAMES_MAX:
            told = [message for lane in list(self.lanes.values()) for message in lane.collect(confirmed)]
            self._source.send([encode(message) for message in told], wall_clock_us())
            self._unconfirmed += [message for message in told if isinstance(message, FramesForwarded)]
            events = len(told)
        try:
            self._source.poll()
            self._problem = None
        except TemporaryError as problem:
            self._problem = problem
        if not self._source.pending():
            self._acknowledge()
        return events

    def _acknowledge(self) -> None:
        for message in self._unconfirmed:
            self.lanes[message.participant_id].acknowledgeable(message.position)
        self._unconfirmed.clear()

    def pending(self) -> int:
        """Frames that the log has not confirmed: forwarded ones, and what is told."""
        return self._outlet.pending() + self._source.pending()

    def problems(self) -> dict[str, Exception]:
        """What can't be read or written now, or, a FatalError, any more; by partition. From any thread."""
        found = {lane.partition: lane.problem for lane in list(self.lanes.values())}
        found |= {self._own: self._problem, self._outlet.partition: self._outlet.problem}
        return {partition: problem for partition, problem in found.items() if problem is not None}

    @property
    def refused(self) -> int:
        """Frames since the process started."""
        return sum(lane.refused for lane in list(self.lanes.values()))

    def close(self) -> None:
        for lane in self.lanes.values():
            lane.close()
        self._outlet.close()
        self._source.close()
