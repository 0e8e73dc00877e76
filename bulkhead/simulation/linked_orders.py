"""Pairs and brackets, made by chance of single orders."""

import random
from dataclasses import replace
from typing import Final

from bulkhead.domain.messages.linked import PlaceBracket, PlacePair
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.simulation.special_orders import STEPS

_WRONG: Final = ("kind", "side", "quantity", "account", "name")
"""what may be wrong with the stop of one in thirty"""


def link(chance: random.Random, order: PlaceOrder) -> PlacePair | PlaceBracket:
    """`order` is the entry of a bracket, or gives a pair its side, prices and quantity."""
    if chance.random() < 0.5:
        return PlacePair(*_pair(chance, replace(order, terms=None), order.side))
    side = Side.SELL if order.side == Side.BUY else Side.BUY
    return PlaceBracket(order, *_pair(chance, replace(order, post_only=False, terms=None), side))


def _pair(chance: random.Random, order: PlaceOrder, side: int) -> tuple[PlaceOrder, PlaceOrder]:
    """A limit order near the order's price, and a stop on the other side of it."""
    step = STEPS.get(order.instrument_id, 1)
    price_ticks = order.protection_price_ticks if order.price_ticks is None else order.price_ticks
    middle = price_ticks or 0
    worse = step if side == Side.BUY else -step
    limit = replace(
        order,
        client_order_id=f"{order.client_order_id}l"[:36],
        side=side,
        order_type=int(OrderType.LIMIT),
        time_in_force=int(chance.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY))),
        price_ticks=middle - worse * chance.randint(-1, 3),
        protection_price_ticks=None,
    )
    stop_ticks = middle + worse * chance.randint(-1, 3)
    last_ticks = stop_ticks + worse * chance.randint(0, 2)
    is_limit = chance.random() < 0.3
    stop = replace(
        limit,
        client_order_id=f"{order.client_order_id}s"[:36],
        order_type=int(OrderType.STOP_LIMIT if is_limit else OrderType.STOP),
        time_in_force=int(TimeInForce.GTC),
        post_only=False,
        price_ticks=last_ticks if is_limit else None,
        protection_price_ticks=None if is_limit else last_ticks,
        terms=OrderTerms(stop_price_ticks=stop_ticks, stp_group="desk", stp_mode=chance.randint(1, 4))
        if chance.random() < 0.2
        else OrderTerms(stop_price_ticks=stop_ticks),
    )
    return limit, _spoiled(chance, stop) if chance.random() < 0.03 else stop


def _spoiled(chance: random.Random, stop: PlaceOrder) -> PlaceOrder:
    match chance.choice(_WRONG):
        case "kind":
            return replace(stop, time_in_force=int(TimeInForce.AT_CLOSE))
        case "side":
            return replace(stop, side=3 - stop.side if stop.side in (1, 2) else 1)
        case "quantity":
            return replace(stop, quantity_lots=max(stop.quantity_lots - 1, 0))
        case "account":
            return replace(stop, account_id="nobody")
        case _:
            return replace(stop, client_order_id=stop.client_order_id[:-1] + "l")
