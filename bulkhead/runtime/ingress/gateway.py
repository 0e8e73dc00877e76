"""The gateway as a stepper: which lanes there are, and what its machine is told. Each numbered step can be
called alone.

1 collect      what the lanes have done, of what they forwarded as far as the log has it
2 push         that, to the machine's partition
3 acknowledge  to the lanes what that partition has

Step 1 goes no further than what the log has confirmed: the machine never knows of a frame that could still be
lost, so a run that begins where the machine is leaves none out.
"""

from collections.abc import Callable

from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.domain.messages.ingress import FramesForwarded
from bulkhead.errors import TemporaryError
from bulkhead.log.port import Log
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.identity import Identity
from bulkhead.runtime.ingress.lane import Lane
from bulkhead.runtime.ingress.outlet import Outlet
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.source import Source
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode

UNTOLD_FRAMES_MAX = 100
"""Beyond it lanes keep what they have to tell, up to their windows: its machine's partition takes nothing."""


def behind(shard: Shard) -> int:
    """How many frames the machine of an ingress shard has to apply before its gateway may begin.

    Of two replicas only the primary forwards: the other one waits, as if it were never there.
    """
    follows = isinstance(shard, Follower) and not shard.primary
    return 1 if follows else shard.lag()


class Gateway:
    """Of one ingress shard. `tell` belongs to one thread; each lane to one at a time.

    `wall_us`: microseconds since 1970, later at each run; `now_s`: seconds, never going back.
    """

    def __init__(
        self,
        log: Log,
        identity: Identity,
        ingress: Ingress,
        wall_us: Callable[[], int],
        now_s: Callable[[], float],
    ) -> None:
        # Each run is a source of its own: no number of the one before has to be known.
        run = f"gateway/ingress.{ingress.shard}.{wall_us()}"
        own = f"ingress/{ingress.shard}"
        self.lanes: dict[str, Lane] = {}
        """by participant"""
        self._refused_before = 0
        """by lanes that have gone"""
        self._problem: TemporaryError | None = None
        """why nothing can be told now"""
        self._log = log
        self._identity = identity
        self._shard = ingress.shard
        self._wall_us = wall_us
        self._now_s = now_s
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
            self._log, self._identity, entrance, self._shard, self._outlet, self._now_s
        )
        return lane

    def take_out_gone(self) -> list[Lane]:
        """Lanes that have gone to another gateway, for their stepper to close. What they have done and not
        told, that gateway finds out by itself.
        """
        gone = [lane for lane in self.lanes.values() if lane.gone]
        for lane in gone:
            del self.lanes[lane.participant_id]
            self._refused_before += lane.refused
        return gone

    def tell(self) -> int:
        """All steps once: how many events that made. FatalError: nothing more can be forwarded, or told."""
        events = self.collect()
        self.push()
        self.acknowledge()
        return events

    def collect(self) -> int:
        """Push what lanes have forwarded, and queue what has been done since the last call."""
        confirmed = self._outlet.confirmed()
        if self._source.pending() >= UNTOLD_FRAMES_MAX:
            return 0
        told = [message for lane in list(self.lanes.values()) for message in lane.collect(confirmed)]
        self._source.send([encode(message) for message in told], self._wall_us())
        self._unconfirmed += [message for message in told if isinstance(message, FramesForwarded)]
        return len(told)

    def push(self) -> None:
        try:
            self._source.poll()
            self._problem = None
        except TemporaryError as problem:
            self._problem = problem

    def acknowledge(self) -> None:
        if self._source.pending():
            return
        for message in self._unconfirmed:
            lane = self.lanes.get(message.participant_id)
            if lane is not None:
                lane.acknowledgeable(message.position)
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
        return self._refused_before + sum(lane.refused for lane in list(self.lanes.values()))

    def close(self) -> None:
        for lane in self.lanes.values():
            lane.close()
        self._outlet.close()
        self._source.close()
