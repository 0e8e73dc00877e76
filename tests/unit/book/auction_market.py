"""An exchange with one market, X-USD, where participants trade while operators decide how."""

from typing import Any

from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.simulation.evidence import messages
from bulkhead.simulation.setting import TEXT
from tests.support.exchange import MemoryExchange, messages_in

START_MS = 1_800_000_000_000
"""8:00 in the morning of a day in 2027"""


class Market:
    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.traders = {name: self.exchange.trader(name) for name in ("alice", "bob", "carol")}
        self.time_ms = START_MS
        self._heard = 0
        self._orders = 0
        self.news()

    def place(
        self,
        name: str,
        side: Side,
        quantity_lots: int,
        price_ticks: int,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
    ) -> list[Any]:
        """What its participant is told; a market order's price is its protection."""
        limit = order_type is OrderType.LIMIT
        prices = (price_ticks, None) if limit else (None, price_ticks)
        self._orders += 1
        client_order_id = f"o{self._orders}"
        terms = (order_type, time_in_force, post_only, *prices, quantity_lots)
        return self.send(name, PlaceOrder(f"{name}.main", client_order_id, "X-USD", side, *terms))

    def send(self, name: str, message: Any) -> list[Any]:
        self.traders[name].reports()
        self.traders[name].send(message)
        self.exchange.settle()
        return self.reports(name)

    def reports(self, name: str) -> list[Any]:
        return self.traders[name].reports()

    def decide(self, *decisions: Any) -> list[Any]:
        """What the public is told."""
        self.exchange.control(*decisions)
        self.exchange.settle()
        return self.news()

    def tick(self, count: int = 1, step_ms: int = 1000) -> list[Any]:
        """What the public is told."""
        for _ in range(count):
            self.time_ms += step_ms
            self.exchange.tick(self.time_ms)
            self.exchange.settle()
        return self.news()

    def news(self) -> list[Any]:
        """Of X-USD, since last asked."""
        told = messages(self.exchange.said(), "market_data/0", "book/0")
        new = told[self._heard :]
        self._heard = len(told)
        return new

    def answers(self) -> list[Any]:
        """All that was ever told to operators."""
        return [message for _, message in messages_in(self.exchange.log.reader("decisions/0", "test"))]
