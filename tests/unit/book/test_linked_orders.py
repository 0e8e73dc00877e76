"""Pairs and brackets in a book's partition: an answer for each order, and what each is told by itself."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.linked import EnterBracket, EnterPair, ExitActivated
from bulkhead.domain.messages.market_data import DepthAdded, DepthRemoved, TradePublished
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.orders import (
    AmendOrder,
    EnterOrder,
    EntryRefused,
    OrderActivated,
    OrderAmended,
    OrderEntered,
    OrderExecuted,
    OrderRemoved,
    RemoveOrder,
)
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange
from tests.unit.machines.frames import Stream, give, internal, skip

LIMIT = EnterOrder(
    1, "X-USD", "alice.main", 0, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 95, 4, 0, 0
)
STOP = replace(
    LIMIT, order_id=2, order_type=OrderType.STOP, price_ticks=105, terms=OrderTerms(stop_price_ticks=103)
)
PAIR = EnterPair(LIMIT, STOP)
ENTRY = replace(LIMIT, order_id=3, side=Side.SELL, price_ticks=100)
BRACKET = EnterBracket(ENTRY, LIMIT, STOP)
OTHER = replace(LIMIT, order_id=9, account_id="bob.main")


class Market:
    """The book of X-USD, told by risk/0 what to do. Of its answers those to risk and the public feed."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.risk = internal(self.exchange, "risk/0", "books/0")
        self.control = internal(self.exchange, "control/0", "books/0")
        self.control.events = list(self.exchange.said()["control/0", "books/0"])

    def tell(self, *messages: Any, stream: Stream | None = None) -> list[Any]:
        stream = stream or self.risk
        told = give(self.exchange, "book/0", stream.next(*(encode(message) for message in messages)))
        return [message for message in told if not isinstance(message, SettleLeg | TradePublished)]


@pytest.fixture(name="market")
def _market() -> Market:
    return Market()


def test_each_order_of_a_pair_is_answered_and_the_trade_of_one_ends_the_other(market: Market) -> None:
    assert market.tell(PAIR) == [
        OrderEntered(1),
        OrderEntered(2),
        DepthAdded("X-USD", 1, Side.BUY, 95, 4),
    ]
    told = market.tell(replace(OTHER, side=Side.SELL, price_ticks=95, quantity_lots=1))
    assert [type(message) for message in told if isinstance(message, OrderExecuted)] == [OrderExecuted] * 2
    assert OrderRemoved(2, 4, Reason.LINKED) in told


def test_a_stop_that_is_triggered_ends_its_limit_order_before_it_arrives(market: Market) -> None:
    market.tell(PAIR)
    told = market.tell(
        replace(OTHER, order_id=8, side=Side.SELL, price_ticks=103, quantity_lots=1),
        replace(OTHER, price_ticks=103, quantity_lots=1),
    )
    after = told[told.index(OrderActivated(2)) :]
    assert OrderRemoved(1, 4, Reason.LINKED) in after
    assert DepthRemoved("X-USD", 1) in told


def test_exits_are_seen_by_nobody_until_their_entry_has_ended(market: Market) -> None:
    told = market.tell(BRACKET)
    assert told == [
        OrderEntered(3),
        OrderEntered(1),
        OrderEntered(2),
        DepthAdded("X-USD", 3, Side.SELL, 100, 4),
    ]
    market.tell(replace(OTHER, price_ticks=100, quantity_lots=3))
    told = market.tell(RemoveOrder("X-USD", 3))
    to_risk = [message for message in told if isinstance(message, OrderRemoved | ExitActivated)]
    assert to_risk == [OrderRemoved(3, 1, Reason.REQUESTED), ExitActivated(2, 3), ExitActivated(1, 3)]
    assert DepthAdded("X-USD", 1, Side.BUY, 95, 3) in told


def test_an_amendment_without_a_quantity_leaves_it_what_it_is(market: Market) -> None:
    market.tell(BRACKET)
    assert market.tell(AmendOrder("X-USD", 1, 96, None, 0, 0)) == [OrderAmended(1, 96, 4, 4)]
    market.tell(replace(OTHER, price_ticks=100, quantity_lots=3))
    market.tell(RemoveOrder("X-USD", 3))
    assert OrderAmended(1, 97, 3, 3) in market.tell(AmendOrder("X-USD", 1, 97, None, 0, 0))


@pytest.mark.parametrize("command", [PAIR, BRACKET])
def test_what_refuses_one_order_refuses_all(market: Market, command: Any) -> None:
    halted = market.tell(SetPhase("X-USD", Phase.HALTED), stream=market.control)
    assert halted
    assert market.tell(command) == [
        EntryRefused(leg.order_id, Reason.INSTRUMENT_HALTED, Phase.CONTINUOUS, Phase.HALTED)
        for leg in command.legs
    ]


def test_of_a_gtd_order_that_is_over_its_time_is_told(market: Market) -> None:
    over = replace(LIMIT, time_in_force=TimeInForce.GTD, terms=OrderTerms(expire_time_ms=0))
    told = market.tell(EnterPair(over, STOP))
    assert told == [EntryRefused(order_id, Reason.EXPIRE_TIME, 0, 0) for order_id in (1, 2)]


@pytest.mark.parametrize("command", [PAIR, BRACKET])
def test_an_unknown_instrument_refuses_all(market: Market, command: Any) -> None:
    legs = [replace(leg, instrument_id="NONE") for leg in command.legs]
    assert market.tell(type(command)(*legs)) == [
        EntryRefused(leg.order_id, Reason.INSTRUMENT_UNKNOWN, 0, 0) for leg in legs
    ]


@pytest.mark.parametrize("command", [PAIR, BRACKET])
def test_an_instrument_that_halts_by_itself_refuses_all(market: Market, command: Any) -> None:
    skip(market.exchange, "book/0", market.risk.next(encode(OTHER)), 1)
    assert market.tell(command) == [
        EntryRefused(leg.order_id, Reason.QUARANTINED, 0, 0) for leg in command.legs
    ]


def test_a_link_outlives_a_snapshot(market: Market) -> None:
    market.tell(BRACKET, replace(OTHER, price_ticks=100, quantity_lots=3))
    shard = market.exchange.shards["book/0"]
    saved = shard.machine.snapshot()
    again = market.exchange.make("book/0")
    again.machine.restore(saved)
    assert again.machine.snapshot() == saved
