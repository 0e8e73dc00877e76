"""Two participants with orders on the books, and an operator: for tests of what ends many orders at once."""

from typing import Any

from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.reports import OrderCanceled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.simulation.setting import key_of, public_bytes
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader, messages_in
from tests.support.operator import Operator

OPERATOR = public_bytes(key_of("operator"))


def order(name: str, instrument: str, side: Side, price: int, account: str = "alice.main") -> PlaceOrder:
    return PlaceOrder(account, name, instrument, side, 1, 1, False, price, None, 4)


ALL = (
    order("x-buy", "X-USD", Side.BUY, 96),
    order("x-sell", "X-USD", Side.SELL, 105),
    order("z-buy", "Z-USD", Side.BUY, 96),
    order("other", "X-USD", Side.BUY, 96, "alice.other"),
)


class Market:
    """alice has an order of each kind on the books."""

    def __init__(self, text: str = TEXT) -> None:
        self.exchange = MemoryExchange(text)
        self.operator = Operator(self.exchange)
        self.alice, self.bob = self.exchange.trader("alice"), self.exchange.trader("bob")
        self.say(self.alice, *ALL)

    def say(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def to_risk(self, trader: Trader, *commands: Any) -> list[Any]:
        """As far as risk: no book has read what follows from it."""
        trader.send(*commands)
        for shard in ("risk/0", "risk/1"):
            self.exchange.shards[shard].step(0.0)
        return trader.reports()

    def decide(self, message: Any) -> list[Any]:
        self.operator.decide(message)
        self.exchange.settle()
        return [message for _, message in messages_in(self.exchange.log.reader("decisions/0", "test"))]


def ended(reports: list[Any], reason: Reason = Reason.MASS_CANCEL) -> set[str]:
    return {
        each.client_order_id for each in reports if isinstance(each, OrderCanceled) and each.reason is reason
    }
