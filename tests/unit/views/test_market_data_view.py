"""The view that a shard keeps, beside the books that it is told about."""

import itertools
import random
from typing import Any

import msgspec
import pytest

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book_partition.kept_trades import TRADES_KEPT as DEALS_KEPT
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    DepthAdded,
    DepthReduced,
    DepthRemoved,
    IndicativePublished,
    MarkPricePublished,
    PhasePublished,
    TotalsTold,
    TradePublished,
    UnpricedAdded,
)
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reversal import TradeBustPublished, TradeCorrectionPublished
from bulkhead.domain.messages.trading import SetBands, SetMarkPrice, SetReferencePrice
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.errors import FatalError
from bulkhead.machines.engines import Engine
from bulkhead.machines.factory import make_machine
from bulkhead.machines.interface import Machine, MachineRaised
from bulkhead.runtime.shard import Shard, SnapshotPolicy
from bulkhead.views.candles import CANDLES_KEPT, INTERVALS_MS, Candles
from bulkhead.views.follower import Follower
from bulkhead.views.machine import make_view, view_machine_name, view_of
from bulkhead.views.market_data import MarketDataView
from bulkhead.views.questions import MarketView
from bulkhead.views.trades import TRADES_KEPT
from bulkhead.wire.codec import encode
from bulkhead.wire.frame import AUTHENTICATION_BYTES, advance_crc, authenticated_bytes, join_events
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.native_book import ENGINES
from tests.unit.views.trading import place, trade_at_random

EVERYTHING = 1_000_000


class Nowhere:
    """The outbox of a machine that says nothing."""

    source = "test"

    def send(self, destination: str, message: Any) -> None:
        raise AssertionError(f"a view sent {message!r} to {destination}")


def told(*messages: Any) -> MarketDataView:
    view = MarketDataView()
    for message in messages:
        view.handlers[type(message)](message, Nowhere())
    return view


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.param
    return engine


def view_shard(
    exchange: MemoryExchange, book: int, engine: Engine, policy: SnapshotPolicy | None = None
) -> Shard:
    machine = make_view(view_machine_name("view/0", f"market_data/{book}"), engine)
    shard = Shard(
        machine,
        f"market_data/{book}",
        exchange.identity,
        exchange.log,
        exchange.snapshots,
        policy or exchange.policy,
        lambda: 0,
    )
    shard.restore()
    return shard


def run(shard: Shard) -> MarketView:
    while shard.lag():
        shard.step(0.0)
    return view_of(shard.machine)


def queue(side: BookSide) -> list[list[int]]:
    return [[order.order_id, order.price_ticks, order.remaining_lots] for order in side]


def rows(side: BookSide) -> list[list[int]]:
    return [[level.price_ticks, level.quantity_lots, level.orders] for level in side.depth()]


def book_of(exchange: MemoryExchange, instrument_id: str) -> Book:
    for shard in range(3):
        found = exchange.domain(f"book/{shard}").partition.instruments.get(instrument_id)
        if found is not None:
            book = found.book
            assert isinstance(book, Book)
            return book
    raise AssertionError(f"no book of {instrument_id}")


@pytest.fixture(scope="module", params=[1, 2, 3])
def exchange(request: pytest.FixtureRequest) -> MemoryExchange:
    exchange = MemoryExchange()
    trade_at_random(exchange, request.param, 600)
    return exchange


@pytest.mark.parametrize(("instrument_id", "book"), [("BTC-USD", 0), ("ETH-USD", 1)])
def test_the_view_has_exactly_the_books_orders_in_their_priority(
    exchange: MemoryExchange, instrument_id: str, book: int, engine: Engine
) -> None:
    view, truth = run(view_shard(exchange, book, engine)), book_of(exchange, instrument_id)
    assert rows(truth.bids)
    assert rows(truth.asks)
    assert view.orders(instrument_id, EVERYTHING) == {"bids": queue(truth.bids), "asks": queue(truth.asks)}
    ladder = view.ladder(instrument_id, EVERYTHING)
    assert (ladder["bids"], ladder["asks"]) == (rows(truth.bids), rows(truth.asks))
    assert view.touch(instrument_id) == {"bid": rows(truth.bids)[0], "ask": rows(truth.asks)[0]}
    assert view.counters(instrument_id)["orders_resting"] == len(list(truth.orders()))


@pytest.mark.parametrize(("instrument_id", "book"), [("BTC-USD", 0), ("ETH-USD", 1)])
def test_the_view_counts_every_trade_once_and_keeps_the_last_ones(
    exchange: MemoryExchange, instrument_id: str, book: int, engine: Engine
) -> None:
    view = run(view_shard(exchange, book, engine))
    published = [
        message
        for _, message in messages_in(exchange.log.reader(f"market_data/{book}", "test"))
        if isinstance(message, TradePublished)
    ]
    assert published
    counters = view.counters(instrument_id)
    assert counters["trades"] == len(published)
    assert counters["volume_lots"] == sum(trade.quantity_lots for trade in published)
    newest = [trade.trade_id for trade in reversed(published)][:TRADES_KEPT]
    assert [trade["trade_id"] for trade in view.trades(instrument_id, EVERYTHING)] == newest
    last = view.ladder(instrument_id, 1)["last_trade"]
    assert last is not None
    assert last["trade_id"] == published[-1].trade_id
    assert published[-1].aggressor_side is not None
    assert last["aggressor_side"] == published[-1].aggressor_side.name.lower()


@pytest.mark.parametrize("book", [0, 1])
def test_a_view_that_is_restored_after_every_frame_ends_in_the_same_bytes(
    exchange: MemoryExchange, book: int, engine: Engine
) -> None:
    whole = view_shard(exchange, book, engine)
    run(whole)
    name = whole.machine.name
    machine = make_view(name, engine)
    for position, frame in whole_partition(exchange, book):
        assert machine.apply_frame(position, frame) == []
        restored = make_view(name, engine)
        restored.restore(machine.snapshot())
        machine = restored
    assert machine.snapshot() == whole.machine.snapshot()


def whole_partition(exchange: MemoryExchange, book: int) -> list[tuple[bytes, bytes]]:
    return [
        (record.position, record.frame)
        for record in exchange.log.reader(f"market_data/{book}", "test").receive(1 << 30, 0.0)
    ]


def test_a_view_shard_goes_on_from_its_snapshot_as_any_other_shard(engine: Engine) -> None:
    exchange = MemoryExchange()
    trade_at_random(exchange, 7, 100)
    every = SnapshotPolicy(every_events=1, every_ticks=1)
    first = view_shard(exchange, 0, engine, every)
    run(first)
    assert first.snapshots_taken > 0
    again = view_shard(exchange, 0, engine, every)
    assert again.lag() == 0
    assert again.machine.digest() == first.machine.digest()


def test_a_repeated_frame_changes_nothing(engine: Engine) -> None:
    exchange = MemoryExchange()
    trade_at_random(exchange, 8, 60)
    shard = view_shard(exchange, 0, engine)
    run(shard)
    before = shard.machine.snapshot()
    for position, frame in whole_partition(exchange, 0):
        shard.machine.apply_frame(position, frame)
    assert shard.machine.snapshot() == before


def test_a_follower_sees_what_the_shard_sees_and_skips_what_is_not_its_books() -> None:
    exchange = MemoryExchange()
    trade_at_random(exchange, 9, 200)
    log = exchange.log
    stray = whole_partition(exchange, 1)[0][1]
    writer = log.writer("market_data/0", "a stranger")
    for frame in (b"", b"garbage" * 40, stray):
        writer.send(frame, 1)
    writer.poll()
    follower = Follower(log, "market_data/0", exchange.identity.exchange_id, exchange.identity.genesis_id)
    while follower.lag():
        follower.step(0.0)
    assert follower.frames_skipped == 3
    truth = book_of(exchange, "BTC-USD")
    assert follower.view.orders("BTC-USD", EVERYTHING) == {
        "bids": queue(truth.bids),
        "asks": queue(truth.asks),
    }
    other = Follower(log, "market_data/0", exchange.identity.exchange_id, b"another genesis.")
    while other.lag():
        other.step(0.0)
    assert other.view.instruments() == []


def test_only_the_instruments_of_its_partition_are_known(engine: Engine) -> None:
    exchange = MemoryExchange()
    views = [run(view_shard(exchange, book, engine)) for book in range(3)]
    assert [view.instruments() for view in views] == [["BTC-USD"], ["ETH-USD"], ["SOL-USD"]]
    assert [views[2].ladder("SOL-USD", 5)["phase"], views[0].ladder("BTC-USD", 5)["phase"]] == [
        "halted",
        "continuous",
    ]
    with pytest.raises(KeyError):
        views[0].ladder("ETH-USD", 5)


KNOWN = (PhasePublished("X", Phase.CONTINUOUS), DepthAdded("X", 1, Side.BUY, 10, 5))
FEED = "market_data/0"


class Feed:
    """A view's machine, told messages of its book."""

    def __init__(self, engine: Engine, *messages: Any) -> None:
        self.machine: Machine = make_view(view_machine_name("view/0", FEED), engine)
        self._last, self._crc = 0, 0
        self.say(*messages)

    def say(self, *messages: Any) -> None:
        events = [encode(message) for message in messages]
        authenticated = authenticated_bytes(
            *("test", bytes(16), "book/0", FEED, self._last + 1, self._crc, 0),
            len(events),
            join_events(events),
        )
        self._last, self._crc = self._last + len(events), advance_crc(self._crc, events)
        assert self.machine.apply_frame(b"p", bytes(AUTHENTICATION_BYTES) + authenticated) == []

    @property
    def view(self) -> MarketView:
        return view_of(self.machine)


@pytest.mark.parametrize(
    ("message", "missing"),
    [
        (DepthAdded("X", 1, Side.SELL, 11, 5), 1),
        (DepthAdded("Y", 2, Side.SELL, 11, 5), "Y"),
        (UnpricedAdded("X", 1, Side.SELL, 5), 1),
        (UnpricedAdded("Y", 1, Side.SELL, 5), "Y"),
        (DepthReduced("X", 2, 1), 2),
        (DepthReduced("Y", 1, 1), "Y"),
        (DepthRemoved("X", 2), 2),
        (DepthRemoved("Y", 1), "Y"),
        (TradePublished("Y", 1, 10, 1, Side.SELL, 1, 0), "Y"),
        (TradeBustPublished("Y", 1), "Y"),
        (TradeCorrectionPublished("Y", 1, 9), "Y"),
        (IndicativePublished("Y", None, 0), "Y"),
        (BandsPublished("Y", None, None, None), "Y"),
        (MarkPricePublished("Y", 3), "Y"),
    ],
    ids=repr,
)
def test_what_cannot_follow_from_what_came_before_is_fatal_and_changes_nothing(
    engine: Engine, message: Any, missing: str | int
) -> None:
    feed = Feed(engine, *KNOWN)
    before = msgspec.msgpack.decode(feed.machine.snapshot())["domain"]
    with pytest.raises(FatalError) as raised:
        feed.say(message)
    assert type(raised.value) is FatalError
    assert str(raised.value).startswith(
        f"market data says {message!r}, which cannot follow from what it said before ({missing!r}): "
        f"the partition is not the one"
    )
    assert msgspec.msgpack.decode(feed.machine.snapshot())["domain"] == before


def test_totals_of_what_nothing_was_told_of_are_the_machines_own_fault(engine: Engine) -> None:
    with pytest.raises(MachineRaised) as raised:
        Feed(engine, *KNOWN, TotalsTold("Y", 1, 2, 3))
    assert (raised.value.sequence, raised.value.subject) == (3, "")


def test_a_machine_of_another_shard_cannot_be_asked_about_market_data(engine: Engine) -> None:
    with pytest.raises(TypeError, match="book/0 is no view's machine"):
        view_of(make_machine("book/0", engine))


def test_a_reduced_order_keeps_its_place_and_an_empty_level_goes(engine: Engine) -> None:
    feed = Feed(
        engine,
        *KNOWN,
        DepthAdded("X", 2, Side.BUY, 10, 7),
        DepthAdded("X", 3, Side.BUY, 9, 1),
        DepthAdded("X", 4, Side.SELL, 12, 2),
        DepthReduced("X", 1, 3),
    )
    view = feed.view
    assert view.orders("X", 1)["bids"] == [[1, 10, 3], [2, 10, 7]]
    assert view.ladder("X", 5)["bids"] == [[10, 10, 2], [9, 1, 1]]
    feed.say(DepthRemoved("X", 1), DepthRemoved("X", 2))
    assert view.touch("X") == {"bid": [9, 1, 1], "ask": [12, 2, 1]}
    feed.say(DepthRemoved("X", 4))
    assert view.touch("X") == {"bid": [9, 1, 1], "ask": None}


def test_more_trades_than_are_kept_one_by_one_leave_the_same_candles_on_both_engines(engine: Engine) -> None:
    """Beyond DEALS_KEPT the oldest are sums; a bust or a correction finds only those that are kept."""
    chance = random.Random(3)
    times = itertools.accumulate(chance.choice((0, 0, 0, 300, 1500)) for _ in range(DEALS_KEPT + 300))
    trades = [
        TradePublished("X", number, chance.randint(90, 110), chance.randint(1, 9), Side.BUY, 1, time_ms)
        for number, time_ms in enumerate(times, 1)
    ]
    changes = [
        change
        for number in (1, 299, 300, 301, 302, DEALS_KEPT, DEALS_KEPT + 299, DEALS_KEPT + 300)
        for change in (TradeCorrectionPublished("X", number, 200), TradeBustPublished("X", number))[
            number % 2 :
        ]
    ]
    feed, judge = Feed(engine, *KNOWN), told(*KNOWN, *trades, *changes)
    for begin in range(0, len(trades), 1000):
        feed.say(*trades[begin : begin + 1000])
    feed.say(*changes)
    for interval in INTERVALS_MS:
        assert feed.view.candles("X", interval, EVERYTHING) == judge.candles("X", interval, EVERYTHING)
    told_so = msgspec.msgpack.decode(msgspec.msgpack.encode(judge.state()))
    assert msgspec.msgpack.decode(feed.machine.snapshot())["domain"] == told_so


@pytest.mark.parametrize("name", ["view/0", "view-0/x", "view-00/1", "view-0/01", "book/0", ""])
def test_no_view_is_made_under_another_name(engine: Engine, name: str) -> None:
    with pytest.raises(ValueError, match="view-0/3"):
        make_view(name, engine)


def test_a_views_machine_is_named_by_its_shard_and_its_partition() -> None:
    assert view_machine_name("view/2", "market_data/31") == "view-2/31"
    assert make_view("view-2/31", Engine.REFERENCE).name == "view-2/31"
    with pytest.raises(ValueError, match="follows partitions market_data/N"):
        view_machine_name("view/2", "books/1")


def test_an_auction_that_gathers_is_seen_whole_also_from_a_snapshot_and_is_traded_without_an_aggressor(
    engine: Engine,
) -> None:
    exchange = MemoryExchange()
    names = {name: exchange.trader(name) for name in ("alice", "bob")}
    exchange.control(
        SetReferencePrice("BTC-USD", 1000), SetBands("BTC-USD", 50, 20, 9), SetMarkPrice("BTC-USD", 990)
    )
    exchange.control(SetPhase("BTC-USD", Phase.AUCTION))
    exchange.settle()
    names["alice"].send(place("alice.main", "a", Side.BUY, 1004, 500))
    market = PlaceOrder(
        "bob.main", "m", "BTC-USD", Side.SELL, OrderType.MARKET, TimeInForce.GTC, False, None, 900, 300
    )
    names["bob"].send(market, place("bob.main", "b", Side.SELL, 1001, 100))
    exchange.settle()
    shard = view_shard(exchange, 0, engine)
    view = run(shard)
    assert view.session("BTC-USD") == {
        "phase": "auction",
        "indicative": {
            "price_ticks": 1004,
            "quantity_lots": 400,
            "market_buy_lots": 0,
            "market_sell_lots": 300,
        },
        "bands": {"low_ticks": 980, "high_ticks": 1020},
        "mark_price_ticks": 990,
    }
    before = shard.machine.snapshot()
    shard.machine.restore(before)
    assert shard.machine.snapshot() == before
    asks = view.orders("BTC-USD", 9)["asks"]
    assert [row[1:] for row in asks] == [[None, 300], [1001, 100]]
    exchange.tick(61_000)
    exchange.settle()
    exchange.control(SetPhase("BTC-USD", Phase.CONTINUOUS))
    exchange.settle()
    run(shard)
    assert [(trade["aggressor_side"], trade["time_ms"]) for trade in view.trades("BTC-USD", 9)] == [
        (None, 61_000),
        (None, 61_000),
    ]
    minute = {
        "begin_ms": 60_000,
        "open_ticks": 1004,
        "high_ticks": 1004,
        "low_ticks": 1004,
        "close_ticks": 1004,
        "volume_lots": 400,
        "trades": 2,
    }
    assert view.candles("BTC-USD", "1m", 9) == [minute]
    assert view.candles("BTC-USD", "1s", 9) == [{**minute, "begin_ms": 61_000}]
    assert view.session("BTC-USD")["indicative"] is None


def test_candles_begin_with_their_interval_and_the_oldest_are_dropped() -> None:
    candles = Candles()
    for number, price_ticks in enumerate((10, 14, 8, 12)):
        candles.add(TradePublished("Y", number, price_ticks, 2, Side.BUY, 1, 59_000 + number * 500))
    assert [list(candle.values()) for candle in candles.last("1m", 9)] == [
        [60_000, 8, 12, 8, 12, 4, 2],
        [0, 10, 14, 10, 14, 4, 2],
    ]
    for second in range(CANDLES_KEPT + 5):
        candles.add(TradePublished("Y", second, 10, 1, Side.BUY, 1, 100_000 + second * 1000))
    kept = candles.last("1s", 10_000)
    assert len(kept) == CANDLES_KEPT
    assert kept[0]["begin_ms"] == 100_000 + (CANDLES_KEPT + 4) * 1000
    assert Candles.from_state(candles.state()).state() == candles.state()
