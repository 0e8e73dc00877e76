"""What a risk desk reads, and one who quotes: for tests of what stops a participant by itself."""

from dataclasses import replace
from typing import Any

from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import Side
from tests.support.exchange import MemoryExchange, messages_in
from tests.unit.risk.market import Market, order


def risk_events(exchange: MemoryExchange) -> list[Any]:
    """Of all shards, each in its order."""
    return [
        message
        for shard in range(exchange.topology.shards.risk.count)
        for _, message in messages_in(exchange.log.reader(f"risk_events/{shard}", "test"))
    ]


def quote(name: str, group: str, side: Side = Side.SELL, price: int = 105) -> PlaceOrder:
    """Four lots of alice's."""
    return replace(order(name, "X-USD", side, price), terms=OrderTerms(quote_group=group))


def ticks(market: Market, *times_ms: int) -> None:
    for time_ms in times_ms:
        market.exchange.tick(time_ms)
        market.exchange.settle()


def restart_risk(market: Market) -> None:
    """From a snapshot of now."""
    for shard in ("risk/0", "risk/1"):
        market.exchange.shards[shard].snapshot()
        market.exchange.start(shard)
