"""Between a view's loop and its feed: after each step, what is new is offered, if the feed can take it.

While the feed is busy, changes add up and are offered once, as they are then: how often a page is written
follows the speed of Redis, not the speed of trading.
"""

import time
from typing import TYPE_CHECKING, Protocol

from bulkhead.errors import TemporaryError
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.pages import Batch, Pages, market_pages

if TYPE_CHECKING:  # else every command would wait for Redis' client
    from bulkhead.views.redis import RedisFeed

PROGRESS_EVERY_S = 1.0
"""So often the progress is written when nothing has changed: a reader sees that the view lives, and a Redis
that has come back empty is noticed.
"""
PROBLEM = "redis"
"""what a step calls the feed's problems; they hold up no input"""


class Changes(Protocol):
    """What is to be written of one partition."""

    @property
    def some(self) -> bool:
        """Whether there is anything."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the next pages do not rest on earlier ones."""
        ...

    def everything(self) -> None:
        """What was taken last did not arrive."""
        ...

    def take(self, sequence: int) -> Pages: ...


class MarketChanges:
    """Of one market_data partition: all of it, whenever something has come. It has one instrument."""

    whole = True

    def __init__(self, machine: ReferenceMachine, partition: str) -> None:
        """`machine` is a view's, which reads `partition`."""
        assert isinstance(machine.domain, MarketDataView)
        self._machine = machine
        self._view = machine.domain
        self._partition = partition
        self._taken: int | None = None
        """the sequence of the last pages"""

    @property
    def some(self) -> bool:
        return self._taken != self._machine.events_applied

    def everything(self) -> None:
        self._taken = None

    def take(self, sequence: int) -> Pages:
        self._taken = sequence
        return market_pages(self._view, self._partition, sequence)


class ServedView:
    """A runtime.host.Companion: offers what is new after each step."""

    def __init__(self, machine: ReferenceMachine, feed: "RedisFeed", changes: Changes) -> None:
        self._machine = machine
        self._feed = feed
        self._changes = changes
        self._offered_at = 0.0

    def after_step(self) -> dict[str, TemporaryError]:
        """What Redis refuses now."""
        feed = self._feed
        feed.check()
        if feed.ready:
            if feed.lost:
                self._changes.everything()
            self._offer(self._machine.events_applied)
        return {} if feed.problem is None else {PROBLEM: feed.problem}

    def _offer(self, sequence: int) -> None:
        feed, changes = self._feed, self._changes
        now = time.monotonic()
        if feed.problem is not None:
            # Whether it answers again is asked without pages: to make all of them costs the view's time.
            feed.offer(Batch(sequence, Pages(), whole=False))
        elif changes.some and sequence >= feed.wait_for_sequence:
            whole = changes.whole
            feed.offer(Batch(sequence, changes.take(sequence), whole))
        elif now - self._offered_at >= PROGRESS_EVERY_S and sequence >= feed.wait_for_sequence:
            feed.offer(Batch(sequence, Pages(), whole=False))
        else:
            return
        self._offered_at = now

    @property
    def wait_for_sequence(self) -> int:
        """How far the view has to be before it has something new for Redis."""
        return self._feed.wait_for_sequence

    def close(self) -> None:
        self._feed.close()
