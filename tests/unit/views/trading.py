"""Random trading on a MemoryExchange, the same for the same seed."""

import random
from collections.abc import Callable
from typing import Any

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce
from tests.support.exchange import MemoryExchange

INSTRUMENTS = {"BTC-USD": 1, "ETH-USD": 5}
"""traded here, with the price increment in ticks"""
LOT = 10_000
"""a whole number of quantity increments of both instruments"""


def place(
    account_id: str,
    client_order_id: str,
    side: Side,
    price_ticks: int,
    quantity_lots: int,
    instrument_id: str = "BTC-USD",
    time_in_force: TimeInForce = TimeInForce.GTC,
) -> PlaceOrder:
    """A limit order that may take."""
    return PlaceOrder(
        account_id,
        client_order_id,
        instrument_id,
        side,
        OrderType.LIMIT,
        time_in_force,
        False,
        price_ticks,
        None,
        quantity_lots,
    )


def trade_at_random(
    exchange: MemoryExchange, seed: int, commands: int, look: Callable[[], None] = lambda: None
) -> None:
    """Several participants place, replace, cancel and trade around one price; a halt comes in between, and in
    the end ETH-USD is in an auction that a market order waits for. `look` is called now and then, when
    nothing is on its way.
    """
    chance = random.Random(seed)
    traders = {name: exchange.trader(name) for name in ("alice", "bob", "carol")}
    sent: list[tuple[str, str, int]] = []
    for number in range(commands):
        message: Any
        if sent and chance.random() < 0.4:
            name, client_order_id, increment = chance.choice(sent)
            message = (
                CancelOrder(f"{name}.main", client_order_id)
                if chance.random() < 0.5
                else ReplaceOrder(f"{name}.main", client_order_id, *_terms(chance, increment))
            )
        else:
            name = chance.choice(sorted(traders))
            instrument_id = chance.choice(sorted(INSTRUMENTS))
            price_ticks, quantity_lots = _terms(chance, INSTRUMENTS[instrument_id])
            message = place(
                f"{name}.main",
                f"o{number}",
                chance.choice(list(Side)),
                price_ticks,
                quantity_lots,
                instrument_id,
                chance.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC]),
            )
            sent.append((name, f"o{number}", INSTRUMENTS[instrument_id]))
        traders[name].send(message)
        if number % 7 == 0:
            exchange.settle()
            look()
        if number == commands // 2:
            exchange.control(SetPhase("ETH-USD", Phase.HALTED))
        if number == commands // 2 + 20:
            exchange.control(SetPhase("ETH-USD", Phase.CONTINUOUS))
        if number == commands - 60:
            exchange.control(SetPhase("ETH-USD", Phase.AUCTION))
    exchange.settle()
    look()


def _terms(chance: random.Random, increment: int) -> tuple[int, int]:
    return chance.randrange(1000, 1000 + 40 * increment, increment), chance.randrange(1, 20) * LOT
