"""The read side in Redis, beside the machines that it is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.terms import Side
from bulkhead.machines.engines import chosen
from bulkhead.machines.factory import make_reference
from bulkhead.redis_access.address import RedisAddress
from bulkhead.runtime.mirror import Mirror
from bulkhead.runtime.shard import Shard
from bulkhead.views.accounts import AccountChanges
from bulkhead.views.candles import CANDLES_KEPT, INTERVALS_MS
from bulkhead.views.machine import make_view, view_machine_name, view_of
from bulkhead.views.open import serve
from bulkhead.views.pages import LEVELS, progress_key
from bulkhead.views.reader import PageReader
from bulkhead.views.served import MarketChanges, ServedView
from bulkhead.views.trades import TRADES_KEPT
from tests.support.exchange import MemoryExchange
from tests.support.redis import RedisServer, running_redis
from tests.support.running import until
from tests.unit.views.trading import place, trade_at_random

pytestmark = pytest.mark.redis

PARTITIONS = ("market_data/0", "market_data/1", "orders/0", "orders/1")


class View:
    """A view over one partition, stepped by the test as its host would."""

    def __init__(self, exchange: MemoryExchange, partition: str, address: RedisAddress) -> None:
        topic, number = partition.split("/")
        risk = topic == "orders"
        mirrored = make_reference(f"risk/{number}")
        machine = mirrored if risk else make_view(view_machine_name("view/0", partition), chosen(None))
        kind = Mirror if risk else Shard
        self.shard = kind(
            machine,
            partition,
            exchange.identity,
            exchange.log,
            exchange.snapshots,
            exchange.policy,
            lambda: 0,
        )
        self.shard.restore()
        changes = AccountChanges(mirrored, partition) if risk else MarketChanges(machine, partition)
        if isinstance(self.shard, Mirror):
            assert isinstance(changes, AccountChanges)
            self.shard.hear = changes.hear
        genesis_id = exchange.identity.genesis_id
        self.served: ServedView = serve(
            str(address), genesis_id, machine, partition, changes, self.shard.interrupt
        )

    def step(self) -> dict[str, Any]:
        return {**self.shard.step(0.0), **self.served.after_step()}

    @property
    def sequence(self) -> int:
        return self.shard.machine.events_applied


@pytest.fixture
def exchange() -> MemoryExchange:
    exchange = MemoryExchange()
    trade_at_random(exchange, seed=7, commands=120)
    return exchange


@pytest.fixture
def address(redis_server: RedisServer) -> RedisAddress:
    return redis_server.address()


@pytest.fixture
def reader(address: RedisAddress) -> Iterator[PageReader]:
    with PageReader(address) as reader:
        yield reader


@contextmanager
def viewing(exchange: MemoryExchange, address: RedisAddress, *partitions: str) -> Iterator[list[View]]:
    views = [View(exchange, partition, address) for partition in partitions or PARTITIONS]
    try:
        yield views
    finally:
        for view in views:
            view.served.close()
            view.shard.close()


def write(views: list[View], reader: PageReader) -> None:
    """Step until everything is applied and the progress in Redis says so."""

    def done() -> bool:
        for view in views:
            view.step()
        return all(
            view.shard.lag() == 0
            and (progress := reader.progress(view.shard.partition)) is not None
            and progress.sequence == view.sequence
            for view in views
        )

    until("everything is written", done)


def assert_markets(exchange: MemoryExchange, views: list[View], reader: PageReader) -> None:
    for view, instrument_id in zip(views[:2], ("BTC-USD", "ETH-USD"), strict=True):
        domain = view_of(view.shard.machine)
        l1, l2, trades = (page(instrument_id) for page in (reader.l1, reader.l2, reader.trades))
        assert l1 is not None
        assert l2 is not None
        assert trades is not None
        ladder = domain.ladder(instrument_id, LEVELS)
        assert (l2["bids"], l2["asks"], l2["phase"]) == (ladder["bids"], ladder["asks"], ladder["phase"])
        touch = domain.touch(instrument_id)
        assert (l1["bid"], l1["ask"]) == (touch["bid"], touch["ask"])
        assert l1["last_trade"] == ladder["last_trade"]
        assert trades["trades"] == domain.trades(instrument_id, TRADES_KEPT)
        session, candles = reader.session(instrument_id), reader.candles(instrument_id)
        assert session is not None
        assert candles is not None
        assert domain.session(instrument_id).items() <= session.items()
        assert all(
            candles[name] == domain.candles(instrument_id, name, CANDLES_KEPT) for name in INTERVALS_MS
        )
        assert {page["sequence"] for page in (l1, l2, trades, session, candles)} == {view.sequence}


def assert_accounts(exchange: MemoryExchange, reader: PageReader) -> None:
    """Every account, as the risk shards themselves have it."""
    for number in (0, 1):
        risk = exchange.risk(number)
        outputs = exchange.shards[f"risk/{number}"].machine.streams().outputs
        assert risk.accounts
        for account_id, account in risk.accounts.items():
            page = reader.account(account_id)
            assert page is not None, account_id
            assert page["balances"] == {
                asset_id: {
                    "total": str(balance.total),
                    "reserved": str(balance.reserved),
                    "available": str(balance.total - balance.reserved),
                }
                for asset_id, balance in account.balances.items()
            }
            assert set(page["orders"]) == set(account.live)
            assert page["open_orders"] == len(account.live)
            for name, order in account.live.items():
                told = page["orders"][name]
                assert (told["order_id"], told["price_ticks"]) == (order.order_id, order.price_ticks)
                assert told["leaves_lots"] == order.quantity_lots - order.executed_lots
                assert (told["side"], told["reserved"]) == (order.side.name.lower(), str(order.reserved))
            assert page["reports_sequence"] <= outputs[account.participant.reports][0]


def test_books_and_accounts_are_in_redis_as_books_and_risk_shards_have_them(
    exchange: MemoryExchange, address: RedisAddress, reader: PageReader
) -> None:
    with viewing(exchange, address) as views:
        write(views, reader)
        assert_markets(exchange, views, reader)
        assert_accounts(exchange, reader)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_changes_are_written_onto_what_is_there(
    redis_server: RedisServer, address: RedisAddress, reader: PageReader, seed: int
) -> None:
    exchange = MemoryExchange()
    with viewing(exchange, address) as views, redis_server.client() as raw:
        write(views, reader)
        trade_at_random(exchange, seed, 150)
        write(views, reader)
        assert_markets(exchange, views, reader)
        assert_accounts(exchange, reader)
        raw.delete(f"{address.prefix}view:account:carol.main")
        changed(exchange, seed)
        write(views, reader)
        # Nobody traded with carol since: what has not changed is not written.
        assert reader.account("carol.main") is None


def changed(exchange: MemoryExchange, seed: int) -> MemoryExchange:
    """Bob sells, alice buys a part of it."""
    bob, alice = (exchange.trader(name, epoch=seed + 2) for name in ("bob", "alice"))
    for number in range(5):
        bob.send(place("bob.main", f"s{seed}-{number}", Side.SELL, 900 + seed, 10_000))
        alice.send(place("alice.main", f"b{seed}-{number}", Side.BUY, 900 + seed, 4_000))
        exchange.settle()
    exchange.settle()
    return exchange


@pytest.mark.parametrize(
    "command",
    [
        place("bob.main", "waits", Side.BUY, 500, 10_000),
        MassQuote("m", "bob.main", "BTC-USD", "g", (Quote("waits", Side.BUY, 500, 10_000),)),
    ],
    ids=["order", "quote"],
)
def test_an_order_that_its_book_has_not_answered_is_reserved_in_redis_too(
    exchange: MemoryExchange, address: RedisAddress, reader: PageReader, command: Any
) -> None:
    with viewing(exchange, address, "orders/0", "orders/1") as views:
        write(views, reader)
        bob = exchange.trader("bob", epoch=2)
        write(views, reader)
        bob.send(command)
        for name in ("risk/0", "risk/1"):
            exchange.shards[name].step(0.0)
        until("it is there", lambda: _stepped(views) and _order(reader, "waits"))
        write(views, reader)
        assert_accounts(exchange, reader)


def _stepped(views: list[View]) -> bool:
    for view in views:
        view.step()
    return True


def _order(reader: PageReader, name: str) -> Any:
    page = reader.account("bob.main")
    return page is not None and page["orders"].get(name)


def test_a_redis_that_comes_back_empty_is_filled_again_though_nothing_changes(
    exchange: MemoryExchange, redis_server: RedisServer, address: RedisAddress, reader: PageReader
) -> None:
    with viewing(exchange, address) as views, redis_server.client() as raw:
        write(views, reader)
        raw.delete(*raw.keys(f"{address.prefix}*"))
        write(views, reader)
        assert_markets(exchange, views, reader)
        assert_accounts(exchange, reader)


def test_a_redis_that_has_lost_its_end_is_written_anew(
    exchange: MemoryExchange, redis_server: RedisServer, address: RedisAddress, reader: PageReader
) -> None:
    with viewing(exchange, address) as views, redis_server.client() as raw:
        write(views, reader)
        for view in views:
            key = address.prefix + progress_key(view.shard.partition)
            raw.hset(key, "sequence", str(view.sequence - 1))
        raw.delete(f"{address.prefix}view:l2:BTC-USD", f"{address.prefix}view:account:bob.main")
        exchange.tick(10_000)
        exchange.settle()
        write(views, reader)
        assert_markets(exchange, views, reader)
        assert_accounts(exchange, reader)


def test_a_view_that_begins_anew_never_puts_an_older_state_over_a_newer_one(
    exchange: MemoryExchange, address: RedisAddress, reader: PageReader
) -> None:
    with viewing(exchange, address) as first:
        write(first, reader)
    at = reader.progress("orders/1")
    assert at is not None
    with viewing(exchange, address, "orders/1") as (again,):
        assert again.sequence == 0
        until("it has been told", lambda: again.served.after_step() == {} and _waits_for(again))
        assert reader.progress("orders/1") == at
        changed(exchange, 1)
        write([again], reader)
        assert_accounts_of(exchange, 1, reader)


def _waits_for(view: View) -> int:
    return view.served.wait_for_sequence


def assert_accounts_of(exchange: MemoryExchange, risk: int, reader: PageReader) -> None:
    for account_id, account in exchange.risk(risk).accounts.items():
        page = reader.account(account_id)
        assert page is not None
        assert set(page["orders"]) == set(account.live)


def test_pages_of_another_founding_are_replaced_whatever_their_sequence(
    exchange: MemoryExchange, redis_server: RedisServer, address: RedisAddress, reader: PageReader
) -> None:
    with viewing(exchange, address, "orders/1") as views, redis_server.client() as raw:
        mapping = {"genesis_id": "00", "sequence": "1000000000", "written_at_us": "1"}
        raw.hset(address.prefix + progress_key("orders/1"), mapping=mapping)
        write(views, reader)
        assert_accounts_of(exchange, 1, reader)


def test_a_redis_that_is_gone_holds_nobody_back_is_told_and_has_everything_when_it_is_back(
    exchange: MemoryExchange, tmp_path: Path
) -> None:
    with running_redis(tmp_path) as server:
        address = server.address()
        with PageReader(address) as reader, viewing(exchange, address) as views:
            write(views, reader)
            server.kill()
            until("all say so", lambda: all("was not written" in str(v.step().get("redis")) for v in views))
            exchange = changed(exchange, 2)
            until("all is applied", lambda: _stepped(views) and not any(v.shard.lag() for v in views))
            server.start_again()
            write(views, reader)
            assert_markets(exchange, views, reader)
            assert_accounts(exchange, reader)
            assert all("redis" not in view.step() for view in views)


def test_a_replica_sends_nothing_and_keeps_nothing(exchange: MemoryExchange, address: RedisAddress) -> None:
    before = exchange.snapshots.newest("risk/1")
    with viewing(exchange, address, "orders/1") as (view,):
        changed(exchange, 1)
        while view.shard.lag():
            view.step()
        assert view.shard.machine.digest() == exchange.shards["risk/1"].machine.digest()
        assert (view.shard.publisher.frames_sent, view.shard.snapshots_taken) == (0, 0)
    assert before == exchange.snapshots.newest("risk/1")
