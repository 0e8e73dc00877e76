"""What a session has sent and the exchange may not have taken: where its participant moves to another risk
shard, that is sent again there, with the same numbers.
"""

from collections import deque
from collections.abc import Sequence

from bulkhead.wire.frame import advance_crc


class _Lot:
    """Events that were sent together; `times`: so often one after another, as heartbeats are."""

    __slots__ = ("crc", "events", "first", "times")

    def __init__(self, first: int, crc: int, events: list[bytes]) -> None:
        self.first = first
        self.crc = crc
        """the stream's running CRC-32 before them"""
        self.events = events
        self.times = 1

    @property
    def last(self) -> int:
        return self.first + len(self.events) * self.times - 1


class Sent:
    """One stream, from its first event on that was not known to be taken."""

    def __init__(self) -> None:
        self._lots: deque[_Lot] = deque()
        self.last = 0
        """sequence of the last event"""
        self.crc = 0
        """after it"""

    def add(self, events: Sequence[bytes]) -> None:
        newest = self._lots[-1] if self._lots else None
        if newest is not None and len(events) == 1 and newest.events == events:
            newest.times += 1
        else:
            self._lots.append(_Lot(self.last + 1, self.crc, list(events)))
        self.last += len(events)
        self.crc = advance_crc(self.crc, events)

    def taken(self, sequence: int) -> None:
        """The exchange has answered this event: it has all up to it."""
        lots = self._lots
        while lots and lots[0].last <= sequence:
            lots.popleft()

    def after(self, last: int) -> tuple[int, list[bytes]]:
        """The running CRC-32 after event `last`, and all events that follow. ValueError: `last` was never
        sent, or more than that is known to be taken.
        """
        begin = self._lots[0].first if self._lots else self.last + 1
        if not begin - 1 <= last <= self.last:
            raise ValueError(f"event {last} is none of {begin - 1} to {self.last}")
        rest: list[bytes] = []
        crc = self.crc
        for lot in self._lots:
            if lot.last <= last:
                continue
            events = lot.events * lot.times
            if not rest:
                done = events[: max(0, last + 1 - lot.first)]
                crc = advance_crc(lot.crc, done)
                events = events[len(done) :]
            rest += events
        return crc, rest
