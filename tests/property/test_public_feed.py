"""What the public is told: nothing of who trades."""

from dataclasses import astuple
from typing import Any

from bulkhead.domain.messages.linked import EnterBracket, EnterPair
from bulkhead.domain.messages.market_data import DepthAdded, TradePublished, UnpricedAdded
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.quotes import SetQuotes
from bulkhead.wire.codec import decode
from tests.property.exchange_flow import fixed_seeds, run


def test_the_only_names_on_the_public_feed_are_of_instruments() -> None:
    """No account, participant, trader, group or client_order_id, nor bytes in which one could be."""
    exchange = run(fixed_seeds("public", 2000)).exchange
    told, entered = list[Any](), list[Any]()
    for (_, destination), events in exchange.said().items():
        topic = destination.partition("/")[0]
        if topic == "market_data":
            told += map(decode, events)
        elif topic == "books":
            entered += map(decode, events)

    orders = [each for each in entered if isinstance(each, EnterOrder)]
    for pair in (each for each in entered if isinstance(each, EnterPair | EnterBracket)):
        orders += pair.legs
    terms = [order.terms for order in orders if order.terms is not None]
    assert any(each.trader_id for each in terms)
    assert any(each.stp_group for each in terms)
    assert any(isinstance(each, SetQuotes) for each in entered)
    assert {type(each) for each in told} >= {DepthAdded, TradePublished, UnpricedAdded}

    texts = {value for each in told for value in astuple(each) if isinstance(value, str | bytes)}
    assert texts == set(exchange.topology.instruments)
