"""A risk shard that operators add while the exchange trades, and end."""

from typing import Any

import pytest

from bulkhead.domain.messages.behaviour import ChangeBehaviour
from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch
from bulkhead.domain.messages.listing import AddAsset, SetFees
from bulkhead.domain.messages.moving import MoveSlots
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.quarantine import FrameDropped
from bulkhead.domain.messages.reports import OrderAccepted
from bulkhead.domain.messages.shards import AddRiskShard, RetireRiskShard
from bulkhead.domain.messages.trading import SetPriceCollar
from bulkhead.domain.order_ids import risk_shard
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.machines.factory import make_reference
from bulkhead.topology.derived import slot_of
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.property.moving_flow import GROWN, NEW, MovingTrader
from tests.support.both_engines import make_both
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.operator import Operator

ALICE = slot_of("alice")


class Floor:
    """An exchange with two risk shards, and a process that waits for the third."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT, make=make_both, grown=GROWN)
        self.operator = Operator(self.exchange)
        self._answers = self.exchange.log.reader("decisions/0", "test")
        list(messages_in(self._answers))

    def decide(self, *decisions: Any) -> list[Reason]:
        """Why they are refused, at rest."""
        for each in decisions:
            self.operator.decide(each)
        self.exchange.settle()
        answers = [message for _, message in messages_in(self._answers)]
        return [each.reason for each in answers if isinstance(each, DecisionRefused)]

    def told(self, partition: str) -> list[str]:
        reader = self.exchange.log.reader(partition, "counts")
        return [type(message).__name__ for _, message in messages_in(reader)]

    @property
    def home(self) -> int:
        """Alice's risk shard."""
        owner: int = self.exchange.domain("control/0").control.risk[ALICE]
        return owner

    def move(self, slots: tuple[int, int], old: int, new: int) -> list[Reason]:
        return self.decide(MoveSlots(*slots, old, new, "why"))


@pytest.fixture
def floor() -> Floor:
    return Floor()


def order(name: str) -> PlaceOrder:
    terms = OrderType.LIMIT, TimeInForce.GTC, False, 100, None, 1
    return PlaceOrder("alice.main", name, "X-USD", Side.BUY, *terms)


def place(floor: Floor, alice: MovingTrader, name: str) -> Any:
    """What she is told of an order."""
    alice.follow()
    heard = len(alice.told)
    alice.send([encode(order(name))])
    floor.exchange.settle()
    alice.follow()
    return alice.told[heard]


def test_a_new_risk_shard_knows_what_the_others_know_and_takes_slots(floor: Floor) -> None:
    collar = SetPriceCollar("X-USD", 20, False, "why")
    switch = SetKillSwitch(KillScope.INSTRUMENT, "Z-USD", True, "why")
    assert floor.decide(AddAsset("N", 3, "why"), collar, switch, AddRiskShard(NEW, "why")) == []
    assert floor.decide(SetPriceCollar("X-USD", 30, False, "why"), SetFees(1, 2, "why")) == []
    home = floor.home
    assert floor.move((ALICE, ALICE), home, NEW) == []
    evidence = floor.exchange.evidence({})
    assert evidence.risk_shards() == ["risk/0", "risk/1", "risk/2"]
    new, old = floor.exchange.risk(NEW), floor.exchange.risk(1 - home)
    assert "alice" in new.participants
    assert new.assets == old.assets
    assert new.kills == old.kills
    assert new.instruments["X-USD"].collar == old.instruments["X-USD"].collar == (30, None)
    assert new.tick == old.tick


def test_its_orders_have_its_number_and_it_gives_none_when_it_has_ended(floor: Floor) -> None:
    assert floor.decide(AddRiskShard(NEW, "why")) == []
    alice, home = MovingTrader(floor.exchange, "alice"), floor.home
    assert floor.move((ALICE, ALICE), home, NEW) == []
    accepted = place(floor, alice, "there")
    assert isinstance(accepted, OrderAccepted)
    assert risk_shard(accepted.order_id) == NEW
    assert floor.decide(RetireRiskShard(NEW, "why")) == [Reason.SHARD_HAS_SLOTS]
    assert floor.move((ALICE, ALICE), NEW, home) == []
    assert floor.decide(RetireRiskShard(NEW, "why")) == []
    before = floor.told(f"orders/{NEW}")
    floor.exchange.tick(9_000)
    assert floor.decide(SetFees(1, 2, "why"), SetPriceCollar("X-USD", 20, False, "why")) == []
    assert floor.told(f"orders/{NEW}") == before
    assert floor.move((ALICE, ALICE), home, NEW) == [Reason.SHARD_RETIRED]
    assert floor.decide(AddRiskShard(NEW, "why")) == [Reason.SHARD_NUMBER]
    assert floor.decide(RetireRiskShard(NEW, "why")) == [Reason.SHARD_RETIRED]
    assert floor.decide(ChangeBehaviour(2, "why")) == []
    assert floor.exchange.domain("control/0").control.behaviour_version == 2
    assert isinstance(place(floor, alice, "back"), OrderAccepted)


def test_a_kill_switch_that_is_thrown_while_it_is_told_is_its_last_word(floor: Floor) -> None:
    """The others wait; what is decided meanwhile about all of them is refused."""
    stopped = SetKillSwitch(KillScope.EVERYTHING, "", True, "why")
    assert floor.decide(stopped) == []
    control = floor.exchange.shards["control/0"]
    for each in (AddRiskShard(NEW), SetKillSwitch(KillScope.EVERYTHING, "", False, "why"), AddAsset("N", 3)):
        floor.operator.decide(each)
        control.step(0.0)
    assert floor.decide(MoveSlots(ALICE, ALICE, floor.home, NEW), SetFees(1, 2)) == [
        Reason.SLOT_MOVING,  # AddAsset
        Reason.SLOT_MOVING,
        Reason.SLOT_MOVING,
    ]
    assert [each.kills for each in (floor.exchange.risk(NEW), *floor.exchange.risk_shards())] == [{}, {}, {}]
    again = make_reference("control/0")
    again.restore(control.machine.snapshot())
    assert again.digest() == control.machine.digest()


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        (AddRiskShard(1), Reason.SHARD_NUMBER),
        (AddRiskShard(3), Reason.SHARD_NUMBER),
        (RetireRiskShard(2), Reason.SHARD_UNKNOWN),
        (RetireRiskShard(1), Reason.SHARD_HAS_SLOTS),
        (MoveSlots(0, 0, 0, 2), Reason.SHARD_UNKNOWN),
    ],
)
def test_what_can_not_be_is_refused_and_nobody_is_told(floor: Floor, decision: Any, reason: Reason) -> None:
    before = floor.told("orders/0"), floor.told("books/0"), floor.told("clock/0")
    assert floor.decide(decision) == [reason]
    assert (floor.told("orders/0"), floor.told("books/0"), floor.told("clock/0")) == before


def test_a_shard_that_is_being_told_what_was_said_before_can_be_repaired(floor: Floor) -> None:
    """Else one whose partition has lost some of that would wait for ever."""
    floor.operator.decide(AddRiskShard(NEW, "why"))
    floor.exchange.shards["control/0"].step(0.0)
    founding = floor.exchange.domain("control/0").control.founding
    assert founding.new == NEW
    assert floor.decide(FrameDropped(f"risk/{NEW}", bytes(12), "nobody's", "", b"")) == []
    assert "FrameDropped" in floor.told(f"quarantine.risk/{NEW}")
