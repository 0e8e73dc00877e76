"""An exchange in one thread whose operator bounds carol, for the tests of limits and accounts."""

from dataclasses import replace
from typing import Any

from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import LimitKind, OrderType, Side, TimeInForce
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.operator import Operator

GOOD = PlaceOrder(
    "carol.main", "new", "X-USD", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 5
)
"""500 units of X for 500,000 units of USD and a fee of 500"""


def order(client_order_id: str, **terms: Any) -> PlaceOrder:
    return replace(GOOD, client_order_id=client_order_id, **terms)


class Limited:
    def __init__(self, text: str = TEXT) -> None:
        self.exchange = MemoryExchange(text)
        self.operator = Operator(self.exchange)
        self.carol = self.exchange.trader("carol")
        self._decisions = self.exchange.log.reader("decisions/0", "test")
        self.carol.reports()

    def limit(
        self,
        kind: LimitKind,
        bound: int | None,
        asset_id: str | None = None,
        account_id: str | None = None,
    ) -> Any:
        """An operator's decision; what risk has answered, else control."""
        return self.decide(SetLimit("carol", account_id, kind, asset_id, bound, "to see"))[-1]

    def decide(self, message: Any) -> list[Any]:
        """All that control and shards have said to it; the operator's session first."""
        self.heard()
        self.operator.decide(message)
        self.exchange.settle()
        return self.heard()

    def heard(self) -> list[Any]:
        return [message for _, message in messages_in(self._decisions)]

    def told(self, *commands: Any) -> list[Any]:
        self.carol.reports()
        self.carol.send(*commands)
        self.exchange.settle()
        return self.carol.reports()

    def restart(self) -> None:
        """From a snapshot, as after kill -9."""
        for name in ("risk/0", "control/0", "book/0"):
            self.exchange.shards[name].snapshot()
            self.exchange.start(name)
