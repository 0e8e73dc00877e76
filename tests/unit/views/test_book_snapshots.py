"""Snapshots of public books: who joins at one sees what it would see from the feed's beginning."""

import random
from collections.abc import Iterator
from contextlib import closing

import pytest

from bulkhead.domain.messages.market_data import PhasePublished, SnapshotBegun
from bulkhead.domain.terms import Phase
from bulkhead.errors import FatalError
from bulkhead.machines.engines import chosen
from bulkhead.runtime.shard import Shard
from bulkhead.runtime.source import Source
from bulkhead.views import snapshots as snapshots_module
from bulkhead.views.follower import Follower
from bulkhead.views.machine import make_view, view_machine_name
from bulkhead.views.snapshots import BookSnapshots, newest_snapshot, snapshots_partition
from bulkhead.wire.authentication import MacSealer
from bulkhead.wire.codec import encode
from tests.support.exchange import MemoryExchange
from tests.unit.views.trading import trade_at_random

FEED = "market_data/0"


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots_module, "EVERY_EVENTS", 40)
    monkeypatch.setattr(snapshots_module, "EVERY_BOOKS", 1)


class Told:
    """A view's shard over market_data/0 with its companion."""

    def __init__(self, exchange: MemoryExchange) -> None:
        machine = make_view(view_machine_name("view/0", FEED), chosen(None))
        self.shard = Shard(
            machine, FEED, exchange.identity, exchange.log, exchange.snapshots, exchange.policy, lambda: 0
        )
        self.shard.restore()
        stream = Source(
            exchange.log,
            exchange.identity,
            "view-0/0.0",
            snapshots_partition(FEED),
            MacSealer(b"k" * 32),
            "0",
        )
        self.snapshots = BookSnapshots(machine, FEED, lambda: self.shard.position, stream, lambda: 0)

    def run(self) -> None:
        while self.shard.lag():
            self.shard.step(0.0)
            assert self.snapshots.after_step() == {}
        assert self.snapshots.after_step() == {}


def follower(exchange: MemoryExchange, from_beginning: bool = False) -> Follower:
    identity = exchange.identity
    found = Follower(exchange.log, FEED, identity.exchange_id, identity.genesis_id, from_beginning)
    while found.lag():
        found.step(0.0)
    return found


def states(exchange: MemoryExchange) -> Iterator[object]:
    for from_beginning in (False, True):
        with closing(follower(exchange, from_beginning)) as found:
            told = found.view.state()["instruments"]
            for instrument in told:
                del instrument["candles"]
            yield told, found.events_applied


@pytest.mark.parametrize("seed", range(6))
def test_a_snapshot_and_what_follows_it_is_the_whole_feed(seed: int) -> None:
    exchange = MemoryExchange()
    told = Told(exchange)
    chance, began = random.Random(seed), set()

    def look() -> None:
        if chance.random() < 0.5:
            told.run()
        late, whole = states(exchange)
        assert late == whole
        with closing(follower(exchange)) as found:
            began.add(found.began_at)

    trade_at_random(exchange, seed, 300, look)
    assert len(began) > 3, "too few snapshots to speak of"


def test_without_a_snapshot_the_feed_is_read_from_its_beginning() -> None:
    exchange = MemoryExchange()
    trade_at_random(exchange, 1, 30)
    assert follower(exchange).began_at == 0
    assert follower(exchange).events_applied > 0


def test_a_snapshot_that_was_cut_short_is_passed_over_for_the_one_before() -> None:
    exchange = MemoryExchange()
    told = Told(exchange)
    trade_at_random(exchange, 2, 100)
    told.run()
    before = follower(exchange).began_at
    assert before > 0
    # Another view's, which dies between two frames of it.
    source = Source(
        exchange.log, exchange.identity, "view-1/0.0", "market_snapshots/0", MacSealer(b"k" * 32), "dying"
    )
    source.send([encode(SnapshotBegun(10**9, b"", 5)), encode(PhasePublished("BTC-USD", Phase.CLOSED))], 0)
    source.flush()
    late, whole = states(exchange)
    assert late == whole
    assert follower(exchange).began_at == before


def test_frames_of_another_exchange_or_none_are_no_snapshots() -> None:
    exchange = MemoryExchange()
    writer = exchange.log.writer("market_snapshots/0", "a stranger")
    for number, frame in enumerate((b"", b"garbage" * 40), 1):
        writer.send(frame, number)
    writer.poll()
    told = Told(exchange)
    trade_at_random(exchange, 4, 100)
    told.run()
    identity = exchange.identity
    assert newest_snapshot(exchange.log, FEED, identity.exchange_id, b"another genesis.", "test") is None
    assert newest_snapshot(exchange.log, FEED, identity.exchange_id, identity.genesis_id, "test") is not None


def test_a_feed_that_misses_events_behind_a_snapshot_is_refused() -> None:
    exchange = MemoryExchange()
    told = Told(exchange)

    def look() -> None:
        if not told.snapshots._told:
            told.run()

    trade_at_random(exchange, 5, 200, look)
    identity = exchange.identity
    late = Follower(exchange.log, FEED, identity.exchange_id, identity.genesis_id)
    assert late.began_at > 0
    assert late.lag() > 1
    late._reader.receive(1, 0.0)  # one frame is lost on its way
    with pytest.raises(FatalError, match="came where"):
        late.step(0.0)
