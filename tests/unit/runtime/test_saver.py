"""Snapshots saved beside the loop: it waits for none, acknowledges none too early, and gives none up."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.errors import FatalError, TemporaryError
from bulkhead.machines.factory import make_reference
from bulkhead.runtime.saver import SaverAside, Taken
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.snapshots.files import FileSnapshots
from bulkhead.snapshots.port import Snapshot
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.running import until

OFTEN = SnapshotPolicy(every_events=1, every_ticks=1)


class Slow(FileSnapshots):
    """Saves nothing before it is let."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.asked = threading.Event()
        self.let = threading.Event()
        self.failure: Exception | None = None

    def save(self, shard: str, snapshot: Snapshot) -> None:
        self.asked.set()
        assert self.let.wait(60.0)
        if self.failure is not None:
            raise self.failure
        super().save(shard, snapshot)


@pytest.fixture
def exchange() -> MemoryExchange:
    return MemoryExchange(TEXT)


@pytest.fixture
def store(tmp_path: Path) -> Slow:
    return Slow(tmp_path)


@pytest.fixture
def shard(exchange: MemoryExchange, store: Slow) -> Iterator[Shard]:
    """A replica of risk/1 that has read everything, with its first snapshot on its way to a slow store."""
    machine, saver = make_reference("risk/1"), SaverAside(store, "risk/1")
    shard = Shard(machine, "orders/1", exchange.identity, exchange.log, store, OFTEN, lambda: 0, saver=saver)
    shard.restore()
    while shard.lag():
        shard.step(0.0)
    yield shard
    store.let.set()
    shard.close()


def tick(exchange: MemoryExchange, time_ms: int) -> None:
    exchange.tick(time_ms)
    exchange.settle()


def test_a_slow_store_holds_up_neither_input_nor_output(
    exchange: MemoryExchange, store: Slow, shard: Shard
) -> None:
    for time_ms in range(1000, 6000, 1000):
        tick(exchange, time_ms)
        assert shard.step(0.0) == {}
    assert (shard.lag(), shard.publisher.pending()) == (0, 0)
    assert shard.machine.digest() == exchange.shards["risk/1"].machine.digest()
    assert (shard.snapshots_taken, shard.snapshot_due()) == (0, False)


def test_what_becomes_durable_is_counted_from_where_it_was_taken(
    exchange: MemoryExchange, store: Slow, shard: Shard
) -> None:
    taken_at = shard.machine.events_applied
    tick(exchange, 1000)
    shard.step(0.0)
    assert shard.snapshots_taken == 0
    store.let.set()
    until("it is durable", lambda: store.newest("risk/1"))
    first = store.newest("risk/1")
    assert first is not None
    assert first.inputs < taken_at + 1
    until("the one after it is durable too", lambda: _stepped(shard) == 2)
    newest = store.newest("risk/1")
    assert newest is not None
    assert (newest.inputs, newest.position) == (shard.machine.events_applied, shard.position)


def test_a_snapshot_that_is_wanted_covers_what_was_applied_then_though_another_is_on_its_way(
    exchange: MemoryExchange, store: Slow, shard: Shard
) -> None:
    tick(exchange, 1000)
    shard.step(0.0)
    wanted = shard.want_snapshot()
    assert wanted == shard.machine.events_applied
    assert shard.events_saved < wanted
    store.let.set()
    until("it is saved", lambda: _stepped(shard) and shard.events_saved >= wanted)
    newest = store.newest("risk/1")
    assert newest is not None
    assert newest.inputs >= wanted


def test_one_is_taken_whatever_the_policy_says_and_no_second_one_of_the_same_state() -> None:
    exchange = MemoryExchange(TEXT)
    shard = exchange.shards["risk/1"]
    taken = shard.snapshots_taken
    wanted = shard.want_snapshot()
    shard.step(0.0)
    assert (shard.snapshots_taken, shard.events_saved) == (taken + 1, wanted)
    shard.want_snapshot()
    shard.step(0.0)
    assert shard.snapshots_taken == taken + 1


def _stepped(shard: Shard) -> int:
    shard.step(0.0)
    return shard.snapshots_taken


def test_a_store_that_refuses_is_told_tried_again_and_then_not_told_any_more(
    store: Slow, shard: Shard
) -> None:
    store.failure = TemporaryError("no room")
    store.let.set()
    until("it is told", lambda: str(shard.step(0.0).get("snapshots", "")) == "no room")
    store.failure = None
    until("it is kept", lambda: _stepped(shard))
    assert shard.step(0.0) == {}


def test_a_store_that_fails_for_good_is_the_loops_to_raise(store: Slow, shard: Shard) -> None:
    store.failure = FatalError("not a store at all")
    store.let.set()
    with pytest.raises(FatalError, match="not a store at all"):
        until("it is raised", lambda: _stepped(shard))


def test_closing_waits_for_what_is_on_its_way(store: Slow, shard: Shard) -> None:
    store.let.set()
    shard.close()
    assert store.newest("risk/1") is not None


class Times:
    """A clock that stands where it was put."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_snapshot_is_followed_by_nineteen_times_as_long_without_one(
    exchange: MemoryExchange, store: Slow
) -> None:
    times = Times()
    machine, saver = make_reference("risk/1"), SaverAside(store, "risk/1", times)
    shard = Shard(machine, "orders/1", exchange.identity, exchange.log, store, OFTEN, lambda: 0, saver=saver)
    shard.restore()
    while shard.lag():
        shard.step(0.0)
    assert store.asked.wait(60.0)
    times.now_s += 2.0  # that it takes to be saved
    store.let.set()
    until("the first one is durable", lambda: _stepped(shard) == 1)
    tick(exchange, 1000)
    times.now_s += 37.9
    assert [_stepped(shard) for _ in range(3)] == [1, 1, 1]
    assert (shard.lag(), shard.snapshot_due()) == (0, False)  # it has gone on meanwhile
    times.now_s += 0.2
    until("the next one is durable", lambda: _stepped(shard) == 2)
    newest = store.newest("risk/1")
    assert newest is not None
    assert newest.inputs == shard.machine.events_applied
    shard.close()


def test_what_the_loop_stood_still_for_counts_as_well(store: Slow) -> None:
    times, machine = Times(), make_reference("risk/1")
    saver = SaverAside(store, "risk/1", times)
    store.let.set()

    def take() -> Taken:
        times.now_s += 1.0
        return Taken(b"", 0, machine.freeze())

    saver.begin(take)
    until("it is durable", saver.finished)
    times.now_s += 18.9
    assert saver.busy
    times.now_s += 0.2
    assert not saver.busy
    saver.close()
