"""Wrong takeovers: a shard that works is superseded again and again, and the process before wakes up anywhere
in its loop. Who holds the lease decides who sends; what is said stays the same.
"""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bulkhead.errors import Superseded
from bulkhead.log.lease import lease_partition
from bulkhead.machines.factory import make_reference
from bulkhead.runtime.confirmed import decode_told
from bulkhead.runtime.shard import Shard
from bulkhead.simulation.checks.together import check_everything
from tests.property.exchange_flow import Flow, fixed_seeds
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange


class TakeoverFlow(Flow):
    """A flow in which new processes are started without the old ones having ended."""

    def __init__(self, say: Callable[[str], object] = lambda text: None) -> None:
        super().__init__(say)
        self.superseded: list[Shard] = []
        self.takeovers = 0
        self.told = 0
        """how often one was told that it is superseded"""
        self.sent_all_the_same = 0
        """frames of superseded ones, which were paused between their look at the lease and their sending"""
        self._kinds += [(30, self._take_over), (30, self._wake)]

    def act(self, seed: int) -> None:
        self.exchange.now_us += 300_000  # so that a position is published whenever there is a new one
        super().act(seed)

    def _take_over(self, chance: random.Random) -> str:
        old = self._shard(chance)
        self.superseded.append(old)
        self.exchange.start(old.machine.name)
        self.takeovers += 1
        return f"{old.machine.name} is taken over"

    def _wake(self, chance: random.Random) -> str:
        if not self.superseded:
            return "nobody to wake"
        old = chance.choice(self.superseded)
        if chance.random() < 0.3:
            with pytest.raises(Superseded):
                old.step(0.0)
            self.told += 1
            return f"{old.machine.name} wakes up and looks"
        before = old.publisher.frames_sent
        old.apply(old.receive(0.0))
        old.publish()
        try:
            old.confirm(0.0)
        except Superseded:  # where it would have published how far it is
            self.told += 1
        if old.publisher.pending() == 0 and chance.random() < 0.2:
            old.snapshot()
        self.sent_all_the_same += old.publisher.frames_sent - before
        return f"{old.machine.name} wakes up in the middle of its loop"


def run(seeds: list[int], say: Callable[[str], object] = lambda text: None) -> TakeoverFlow:
    flow = TakeoverFlow(say)
    for seed in seeds:
        flow.act(seed)
    flow.finish()
    return flow


def check_at_rest(flow: Flow) -> None:
    check_everything(flow.evidence(), flow.exchange.said(), make_reference)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=120))
def test_wrong_takeovers_lose_nothing_and_double_nothing(seeds: list[int]) -> None:
    check_at_rest(run(seeds, note))


def test_hundreds_of_wrong_takeovers_lose_nothing_and_double_nothing() -> None:
    flow = run(fixed_seeds("takeovers", 3000))
    assert flow.takeovers > 400
    assert flow.told > 200
    assert flow.sent_all_the_same > 200
    check_at_rest(flow)


def test_a_superseded_shard_sends_nothing_more_and_takes_no_snapshot() -> None:
    exchange = MemoryExchange(TEXT)
    old = exchange.shards["clock/0"]
    exchange.start("clock/0")
    exchange.tick(5_000)
    before = exchange.said(), old.snapshots_taken
    for _ in range(2):
        with pytest.raises(Superseded, match=r"process .* has taken leases\.clock/0 from process"):
            old.step(0.0)
    assert (exchange.said(), old.snapshots_taken) == before
    exchange.settle()
    assert exchange.said() != before[0]


def test_the_position_that_is_published_is_one_whose_outputs_are_all_confirmed() -> None:
    flow = Flow()
    exchange, log = flow.exchange, flow.unreliable
    watcher = exchange.log.lease(lease_partition("clock/0"), "watcher")
    shard = exchange.shards["clock/0"]

    def published() -> bytes:
        holding = watcher.holding()
        assert holding is not None
        return decode_told(holding.record).position

    def step() -> bytes | None:
        exchange.now_us += 300_000
        exchange.tick(exchange.now_us)
        shard.step(0.0)
        return shard.position

    first = step()
    assert published() == first
    log.down = {"books/0"}
    second = step()
    third = step()
    assert len({first, second, third}) == 3
    assert published() == first
    log.mend()
    shard.step(0.0)
    assert published() == second  # what had been sent when it was last written down
    shard.step(0.0)
    exchange.now_us += 300_000
    shard.step(0.0)
    assert published() == third
