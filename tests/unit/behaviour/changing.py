"""An exchange whose rules change, with an order on a closed instrument; each machine on both engines."""

from collections.abc import Callable
from typing import Any

from bulkhead.domain.behaviour import Behaviour
from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.terms import Phase
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.operator import Operator
from tests.unit.risk.market import ALL

SETTLEMENT = ("settlement/0", "settlement/1")
BOOKS = ("book/0", "book/1", "book/2")
RISK = ("risk/0", "risk/1")
CANCEL = CancelOrder("alice.main", "x-buy")


class Changing:
    """alice has orders; X-USD is closed. `step` has one shard read what there is."""

    def __init__(self, text: str, make: Callable[[str], Any] = make_both) -> None:
        self.exchange = MemoryExchange(text, make=make)
        self.operator = Operator(self.exchange)
        self.alice = self.exchange.trader("alice")
        self.alice.send(*ALL)
        self.exchange.settle()
        self.operator.decide(SetPhase("X-USD", Phase.CLOSED))
        self.exchange.settle()
        self.alice.reports()
        self.decisions()

    def decide(self, version: int, reason: str = "a test") -> None:
        """As far as control: nobody else has read what follows."""
        self.operator.decide(ChangeBehaviour(version, reason))
        self.step("control/0")

    def change(self, version: int) -> list[Any]:
        """What `decisions` is told of it, once it is over."""
        self.decide(version)
        self.exchange.settle()
        return self.decisions()

    def decisions(self) -> list[Any]:
        """All of them so far."""
        return [message for _, message in messages_in(self.exchange.log.reader("decisions/0", "test"))]

    def step(self, *shards: str) -> None:
        for shard in shards:
            self.exchange.shards[shard].step(0.0)
            self.exchange.shards[shard].step(0.0)

    def behaviour(self, shard: str) -> Behaviour:
        domain = self.exchange.domain(shard)
        kind = shard.split("/")[0]
        part = {"risk": "risk", "book": "partition", "settlement": "settlement"}[kind]
        found = getattr(domain, part).behaviour
        assert isinstance(found, Behaviour)
        return found

    def versions(self) -> dict[str, int]:
        return {name: self.behaviour(name).version for name in (*SETTLEMENT, *BOOKS, *RISK)}

    def cancel(self) -> list[Any]:
        self.alice.send(CANCEL)
        self.exchange.settle()
        return self.alice.reports()
