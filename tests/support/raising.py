"""One risk shard whose machine raises where a test wants it, and its processes, stepped by the test."""

from collections.abc import Callable
from typing import Any

from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import Side
from bulkhead.machines.factory import make_reference
from bulkhead.machines.interface import MachineRaised
from bulkhead.machines.reference import ReferenceMachine
from bulkhead.runtime.decisions import decided
from bulkhead.runtime.follower import Follower
from bulkhead.runtime.quarantine import Quarantine
from bulkhead.runtime.shard import Shard, SkipMissed, SnapshotPolicy
from bulkhead.simulation.replay import replayed
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader

RISK = "risk/1"
NEVER = SnapshotPolicy(every_events=1 << 60, every_ticks=1 << 60)
Raises = Callable[[PlaceOrder], bool]


def poison(order: PlaceOrder) -> bool:
    return order.client_order_id == "poison"


def healthy(order: PlaceOrder) -> bool:
    return False


def order(client_order_id: str, account_id: str = "alice.main") -> PlaceOrder:
    return PlaceOrder(account_id, client_order_id, "X-USD", Side.BUY, 1, 1, False, 98, None, 4)


def raising(raises: Raises) -> ReferenceMachine:
    """risk/1's machine; where `raises` says so it does, once it has changed its state."""
    machine = make_reference(RISK)
    assert machine._signed is not None
    commands = dict(machine._signed._commands)
    places = commands[PlaceOrder]

    def place(session: Any, message: PlaceOrder, out: Any) -> None:
        places(session, message, out)
        if raises(message):
            raise ZeroDivisionError(message.client_order_id)

    machine._signed._commands = {**commands, PlaceOrder: place}
    return machine


class Process:
    """One process of risk/1 in a thread that is the test's: it lives as runtime/host.py does."""

    def __init__(self, exchange: MemoryExchange, raises: Raises, follows: bool = False) -> None:
        self.exchange = exchange
        self._raises = raises
        self._follows = follows
        self._quarantine = Quarantine()
        self._raised: MachineRaised | None = None
        self.shard = self._begin()

    def _begin(self) -> Shard:
        machine = raising(self._raises)
        if self._follows:
            return self.exchange.follow(RISK, machine)
        return self.exchange.start(RISK, machine)

    def go(self) -> str:
        """Read all there is. What it has to wait for, or ""."""
        while self._raised or self.shard.lag() or self.shard.publisher.pending():
            if self._raised is None:
                self._step()
            elif self._settled(self._raised):
                self._live_again()
            else:
                return str(self._raised)
        return ""

    def _settled(self, raised: MachineRaised) -> bool:
        try:
            return self._quarantine.settle(self.shard, raised, "why")
        except SkipMissed:
            return True

    def _step(self) -> None:
        try:
            self.shard.step(0.0)
        except MachineRaised as raised:
            if self._quarantine.tries_again(self.shard, raised):
                self._live_again()
            else:
                self._raised = raised

    def _live_again(self) -> None:
        self.shard.close()
        self._raised, self.shard = None, self._begin()
        self._quarantine.begin(self.shard)

    def promote(self) -> None:
        assert isinstance(self.shard, Follower)
        try:
            self.shard.promote()
        except SkipMissed:
            self.shard = self._begin()
            self.promote()


class Venue:
    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT, NEVER)
        self.alice: Trader = self.exchange.trader("alice")
        self.exchange.settle()
        self.alice.reports()
        self.exchange.names.remove(RISK)

    def process(self, raises: Raises = poison, follows: bool = False) -> Process:
        return Process(self.exchange, raises, follows)

    def agreed(self, process: Process) -> None:
        """The state is what anybody comes to who derives it from the log, without knowing what is poison."""
        evidence = self.exchange.evidence({})
        assert process.shard.machine.digest() == replayed(evidence, RISK, raising(poison)).digest()

    def skipped(self) -> list[int]:
        decisions = decided(self.exchange.log, self.exchange.identity, RISK).skips
        return [decision.sequence for decision in decisions]
