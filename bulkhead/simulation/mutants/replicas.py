"""Bugs in who takes over, and what it sends then."""

from typing import Any

from bulkhead.errors import TemporaryError
from bulkhead.runtime import marks
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.kept import Kept, Said
from bulkhead.runtime.publisher import Publisher
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.succession import Succession
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _forgets_the_tail() -> PutIn:
    return replaced(Kept, "unconfirmed", lambda self: iter(()))


def _trims_everything_at_each_look() -> PutIn:
    look = Follower.look_at_primary

    def trimming(self: Follower) -> None:
        look(self)
        self._kept = Kept()

    return replaced(Follower, "look_at_primary", trimming)


def _takes_what_is_sent_for_confirmed() -> PutIn:
    return replaced(Publisher, "has_confirmed", lambda self, sent: True)


def _snapshots_ahead_of_the_primary() -> PutIn:
    step = Follower.step

    def ahead(self: Follower, timeout_s: float) -> dict[str, TemporaryError]:
        problems = step(self, timeout_s)
        if not self.primary and self.snapshot_due() and not self.publisher.pending():
            self.snapshot()
            self.snapshot_saved()
        return problems

    return replaced(Follower, "step", ahead)


def _sends_nothing_as_the_primary() -> PutIn:
    def gather(self: Follower, position: bytes, outputs: list[Any]) -> None:
        self._kept.add(Said(position, self.machine.events_applied, outputs))

    return replaced(Follower, "gather", gather)


def _compares_no_marks() -> PutIn:
    return replaced(marks, "output_digest", lambda machine: b"")


def _never_takes_over() -> PutIn:
    def look(self: Succession) -> dict[str, TemporaryError]:
        self._watch.follow(self._shard.holder)
        return {}

    return replaced(Succession, "look", look)


def _does_not_see_that_it_holds_the_lease() -> PutIn:
    return replaced(Follower, "holds_lease", property(lambda self: False))


def _offers_what_is_only_sent() -> PutIn:
    def offer(self: Shard) -> None:
        if self._confirmed is not None and self.primary and self.position is not None:
            self._confirmed.offer(self.position, self.machine.events_applied, self.mark)

    return replaced(Shard, "offer_lease", offer)


REPLICAS = (
    Mutant("no-tail", "a promotion forgets the tail", _forgets_the_tail),
    Mutant("trim-all", "a standby keeps nothing after a look", _trims_everything_at_each_look),
    Mutant("confirm-early", "a primary tells what is only sent", _takes_what_is_sent_for_confirmed),
    Mutant("snapshot-ahead", "a standby snapshots ahead", _snapshots_ahead_of_the_primary),
    Mutant("mute", "a promoted replica sends nothing", _sends_nothing_as_the_primary),
    Mutant("no-marks", "marks are not compared", _compares_no_marks, flips=True, shown_by=71),
    Mutant("no-heir", "nobody takes over", _never_takes_over),
    Mutant("offer-early", "offers a lease with what is only sent", _offers_what_is_only_sent),
    Mutant("lease-unsure", "does not retry an unsure lease", _does_not_see_that_it_holds_the_lease),
)
