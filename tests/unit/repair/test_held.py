"""What an operator is told that giving a book up would free."""

import pytest

from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import Side
from bulkhead.errors import FatalError
from bulkhead.repair.held import Held, held
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.support.operator import Operator
from tests.unit.machines.frames import internal

SHARDS = ("risk/0", "risk/1")


def asked(exchange: MemoryExchange, instrument_id: str = "X-USD") -> Held:
    return held(exchange.log, exchange.identity, exchange.snapshots, SHARDS, instrument_id)


def trading() -> MemoryExchange:
    """alice buys and carol sells at prices that do not meet; alice has an order elsewhere too."""
    exchange = MemoryExchange(TEXT)
    alice, carol = exchange.trader("alice"), exchange.trader("carol")
    alice.send(
        PlaceOrder("alice.main", "b", "X-USD", Side.BUY, 1, 1, False, 95, None, 4),
        PlaceOrder("alice.main", "z", "Z-USD", Side.BUY, 1, 1, False, 96, None, 4),
    )
    carol.send(PlaceOrder("carol.main", "s", "X-USD", Side.SELL, 1, 1, False, 105, None, 3))
    exchange.settle()
    return exchange


def test_orders_of_all_risk_shards_are_counted_with_what_they_hold_to_the_unit() -> None:
    found = asked(trading())
    assert (found.orders, found.participants) == (2, {"alice", "carol"})
    assert found.reserved == {"USD": 95 * 4 * 1000 + 380_000 * 10_007 // 10**7, "X": 300}
    assert found.decimals == {"USD": 6, "X": 3}


def test_orders_that_have_been_released_are_counted_no_more_though_the_book_is_away() -> None:
    exchange = trading()
    Operator(exchange).decide(ReleaseOrders("X-USD", "lost"))
    for name in ("control/0", *SHARDS):
        exchange.shards[name].step(0.0)
    assert asked(exchange) == Held()
    assert asked(exchange, "Z-USD").orders == 1


def test_an_instrument_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no such instrument: X-EUR; there are X-USD, Z-USD, Z-X"):
        asked(trading(), "X-EUR")


def test_a_risk_shard_that_can_not_go_on_is_named() -> None:
    exchange = trading()
    stream = internal(exchange, "book/0", "orders/1")
    writer = exchange.log.writer("orders/1", "forger")
    writer.send(stream.frame(1000, [b"lost"]), 1)
    writer.poll()
    with pytest.raises(FatalError, match=r"what orders hold on risk/1 is not known.*repair look risk/1"):
        asked(exchange)
