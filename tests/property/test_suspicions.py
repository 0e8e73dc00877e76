"""Replicas that suspect each other all the time, mostly without cause: nothing is lost, nothing doubled."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.errors import FatalError, Superseded
from bulkhead.machines.factory import make_reference
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.kept import Kept
from bulkhead.simulation.broken import Broken
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import Flow, fixed_seeds


class SuspicionFlow(Flow):
    """Every shard has a primary and a replica that follows, which takes over at any moment."""

    def __init__(self, say: Callable[[str], object] = lambda text: None, sends: bool = False) -> None:
        super().__init__(say)
        self._sends = sends
        self.primaries: dict[str, Follower] = {}
        self.followers: dict[str, Follower] = {}
        self.zombies: list[Follower] = []
        for name in self.exchange.names:
            self._lead(self.exchange.follow(name, sends=sends))
            self.followers[name] = self.exchange.follow(name, sends=sends)
        self.suspicions = 0
        self.told = 0
        self.sent_all_the_same = 0
        self._kinds += [
            (60, self._suspect),
            (60, self._step_follower),
            (15, self._wake),
            (8, self._follower_dies),
            (3, self._both_die),
        ]

    def act(self, seed: int) -> None:
        self.exchange.now_us += 300_000  # so that a position is published whenever there is a new one
        super().act(seed)

    def _lead(self, follower: Follower) -> None:
        name = follower.machine.name
        follower.look_at_primary()
        follower.promote()
        self.primaries[name] = self.exchange.shards[name] = follower

    def _take_over(self, name: str) -> None:
        self._lead(self.followers[name])
        self.followers[name] = self.exchange.follow(name, sends=self._sends)

    def _suspect(self, chance: random.Random) -> str:
        name = chance.choice(self.exchange.names)
        self.zombies.append(self.primaries[name])
        self._take_over(name)
        self.suspicions += 1
        return f"the primary of {name} is suspected"

    def _step_follower(self, chance: random.Random) -> str:
        name = chance.choice(self.exchange.names)
        return f"the follower of {name} steps {self.followers[name].step(0.0)}"

    def _wake(self, chance: random.Random) -> str:
        """One that was suspected goes on where it was: after its look at the lease, or before."""
        if not self.zombies:
            return "nobody to wake"
        old = chance.choice(self.zombies)
        before = old.publisher.frames_sent
        try:
            if chance.random() < 0.3:
                old.step(0.0)
            else:
                old.apply(old.receive(0.0))
                old.publish()
                old.confirm(0.0)
        except Superseded:
            self.told += 1
            self.zombies.remove(old)
        self.sent_all_the_same += old.publisher.frames_sent - before
        return f"one that was the primary of {old.machine.name} wakes up"

    def _crash(self, chance: random.Random) -> str:
        """Of a primary, between any two steps: its replica takes over."""
        primary = self.primaries[chance.choice(self.exchange.names)]
        stage = chance.randrange(5)
        if stage >= 1:
            primary.apply(primary.receive(0.0))
        if stage >= 2:
            primary.publish()
        if stage >= 3:
            self.unreliable.frames_left = chance.randrange(3)
            primary.confirm(0.0)
            self.unreliable.frames_left = None
        if stage == 4 and primary.publisher.pending() == 0:
            primary.snapshot()
        self._take_over(primary.machine.name)
        self.crashes += 1
        return f"the primary of {primary.machine.name} dies after stage {stage}"

    def _follower_dies(self, chance: random.Random) -> str:
        name = chance.choice(self.exchange.names)
        self.followers[name] = self.exchange.follow(name, sends=self._sends)
        return f"the follower of {name} dies and is started anew"

    def _both_die(self, chance: random.Random) -> str:
        name = chance.choice(self.exchange.names)
        self.followers[name] = self.exchange.follow(name, sends=self._sends)
        self._take_over(name)
        self.crashes += 1
        return f"both of {name} die"

    def finish(self) -> None:
        super().finish()
        for follower in self.followers.values():
            while follower.lag():
                follower.step(0.0)


def run(
    seeds: list[int], say: Callable[[str], object] = lambda text: None, sends: bool = False
) -> SuspicionFlow:
    flow = SuspicionFlow(say, sends)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow


def check_at_rest(flow: SuspicionFlow) -> None:
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)
    flow.check_everything_was_taken()
    for name, follower in flow.followers.items():
        assert follower.machine.digest() == flow.primaries[name].machine.digest()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=120), st.booleans())
def test_wrong_suspicions_lose_nothing_and_double_nothing(seeds: list[int], sends: bool) -> None:
    check_at_rest(run(seeds, note, sends))


@pytest.mark.parametrize("sends", [False, True], ids=["standby", "active"])
def test_thousands_of_wrong_suspicions_lose_nothing_and_double_nothing(sends: bool) -> None:
    flow = run(fixed_seeds("suspicions", 10_000), sends=sends)
    assert flow.suspicions > 2_000
    assert flow.crashes > 200
    assert flow.told > 200
    assert flow.sent_all_the_same > 100
    check_at_rest(flow)


def test_a_promotion_that_forgets_what_was_not_confirmed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "unconfirmed", lambda _: iter(()))
    with pytest.raises((FatalError, Broken, AssertionError)):
        check_at_rest(run(fixed_seeds("suspicions", 500)))
