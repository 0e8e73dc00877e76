"""A crash between any two steps of the loop: nothing is lost, nothing happens twice, down to the last
byte.
"""

from collections.abc import Callable
from functools import cache

import pytest

from bulkhead.domain.messages.control import Deposit, SetPhase
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.terms import Phase, Side
from bulkhead.runtime.shard import SnapshotPolicy
from bulkhead.simulation.evidence import Streams
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange

NAMES = [
    *("control/0", "clock/0", "settlement/0", "settlement/1"),
    *("book/0", "book/1", "book/2", "risk/0", "risk/1"),
]
STAGES = (
    "before receive",
    "after receive",
    "after apply",
    "after publish",
    "after confirm",
    "after snapshot",
    "after acknowledge",
)


def _run_to(exchange: MemoryExchange, name: str, stage: str) -> None:
    """The steps of the loop, one by one, up to and with `stage`; what is in memory after that is lost."""
    shard = exchange.shards[name]
    if stage == "before receive":
        return
    records = shard.receive(0.0)
    if stage == "after receive":
        return
    shard.apply(records)
    if stage == "after apply":
        return
    shard.publish()
    if stage == "after publish":
        return
    shard.confirm(0.0)
    if stage == "after confirm":
        return
    shard.snapshot()
    if stage == "after snapshot":
        return
    shard.acknowledge()


def _settle(exchange: MemoryExchange, victim: str, stage: str) -> None:
    """Step everybody until all is read; the victim crashes each time that it has something to read."""
    while any(exchange.shards[name].lag() for name in exchange.names):
        for name in exchange.names:
            if name == victim and exchange.shards[name].lag():
                _run_to(exchange, name, stage)
                exchange.start(name)
            while exchange.shards[name].lag():
                exchange.shards[name].step(0.0)


def _history(victim: str, stage: str) -> tuple[dict[str, str], Streams]:
    exchange = MemoryExchange(TEXT, SnapshotPolicy(every_events=5, every_ticks=2))
    alice, carol = exchange.trader("alice"), exchange.trader("carol")

    def limit(account: str, name: str, side: Side, price_ticks: int, quantity_lots: int) -> PlaceOrder:
        return PlaceOrder(account, name, "X-USD", side, 1, 1, False, price_ticks, None, quantity_lots)

    actions: list[Callable[[], None]] = [
        lambda: alice.send(
            limit("alice.main", "a", Side.BUY, 100, 5), limit("alice.other", "b", Side.BUY, 99, 4)
        ),
        lambda: carol.send(limit("carol.main", "c", Side.SELL, 100, 7)),
        lambda: exchange.tick(1_000),
        lambda: alice.send(ReplaceOrder("alice.other", "b", 100, 6), CancelOrder("alice.main", "a")),
        lambda: exchange.control(Deposit("carol.main", "USD", 5), SetPhase("X-USD", Phase.HALTED)),
        lambda: exchange.tick(2_000),
        lambda: carol.send(limit("carol.main", "d", Side.SELL, 100, 7), CancelOrder("carol.main", "c")),
        lambda: exchange.control(SetPhase("X-USD", Phase.CONTINUOUS)),
        lambda: carol.send(limit("carol.main", "e", Side.SELL, 100, 9)),
    ]
    for action in actions:
        action()
        _settle(exchange, victim, stage)
    return exchange.digests(), exchange.said()


@cache
def _undisturbed() -> tuple[dict[str, str], Streams]:
    return _history("", "")


def test_the_history_without_crashes_has_trades() -> None:
    assert len(_undisturbed()[1]["book/0", "settlement/0"]) >= 2


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("victim", NAMES)
def test_a_crash_at_any_point_of_the_loop_loses_nothing_and_doubles_nothing(victim: str, stage: str) -> None:
    assert _history(victim, stage) == _undisturbed()
