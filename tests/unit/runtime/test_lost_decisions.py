"""A power cut that takes the end of the decisions, or what one of them is about, is named.

The simulation found both.
"""

import pytest

from bulkhead.errors import FatalError
from bulkhead.log.memory import MemoryLog
from tests.support.raising import Venue, healthy, order


@pytest.fixture(name="venue")
def _venue() -> Venue:
    return Venue()


def lose(venue: Venue, topic: str, number: int, frames: int) -> None:
    """The newest of a partition."""
    log = venue.exchange.log
    assert isinstance(log, MemoryLog)
    kept = log._store.topics[topic][number].records
    del kept[len(kept) - frames :]


def test_a_snapshot_that_has_skipped_what_no_decision_tells_of_is_not_gone_on_from(venue: Venue) -> None:
    """With what is poison cured meanwhile, nothing else would have told: only a replay differed."""
    process = venue.process()
    venue.alice.send(order("poison"))
    process.go()
    process.shard.snapshot()
    assert process.shard.snapshot_saved()
    everything = len(venue.exchange.frames("quarantine.risk/1"))
    lose(venue, "quarantine.risk", 1, everything)
    with pytest.raises(
        FatalError, match=r"quarantine.risk/1: the newest snapshot has skipped event 2 .* no dec"
    ):
        venue.process(healthy)


def test_a_decision_about_a_frame_that_the_log_has_lost_halts_who_comes_past_it(venue: Venue) -> None:
    """It derived its state again and again, for ever."""
    process = venue.process()
    venue.alice.send(order("poison"))
    process.go()
    lose(venue, "orders", 1, 1)
    follower = venue.process(follows=True)
    for second in range(3):
        venue.exchange.tick(second * 1000)
        venue.exchange.settle()
    follower.go()
    with pytest.raises(
        FatalError, match=r"orders/1: event 2 from .* was decided to be skipped, and its frame"
    ):
        follower.promote()
