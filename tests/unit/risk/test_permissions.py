"""What a participant's keys may do, and how they change while it trades."""

from typing import Any

import pytest

from bulkhead.domain.keys import EVERYTHING, Permission
from bulkhead.domain.messages.control import RegisterKey, RevokeKey
from bulkhead.domain.messages.decisions import DecisionRefused, DecisionTaken
from bulkhead.domain.messages.mass import (
    MassCancel,
    MassCanceled,
    OrdersListed,
    RequestOrders,
    RequestRejected,
)
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderStatus,
    ReplaceRejected,
    SessionOpened,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.simulation.setting import key_of, public_bytes
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader, messages_in
from tests.support.operator import Operator

TRADE, CANCEL, READ = Permission.TRADE, Permission.CANCEL, Permission(0)
NEW = public_bytes(key_of("new"))
SMALL_ORDER = bytes(32)


def order(name: str) -> PlaceOrder:
    return PlaceOrder("alice.main", name, "X-USD", Side.BUY, 1, 1, False, 96, None, 4)


CANCEL_IT, CANCEL_ALL = CancelOrder("alice.main", "before"), MassCancel("m", "alice.main", None, None, None)
REPLACE_IT = ReplaceOrder("alice.main", "before", 97, 4)


class Market:
    """alice has an order on the book, and what happens to `new`, another key, is up to the test."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TEXT)
        self.operator = Operator(self.exchange)
        self.alice = self.exchange.trader("alice")
        self.say(self.alice, order("before"))

    def say(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def decide(self, message: Any) -> Any:
        self.operator.decide(message)
        self.exchange.settle()
        *_, last = (message for _, message in messages_in(self.exchange.log.reader("decisions/0", "test")))
        return last

    def with_key(self, permissions: Permission) -> Trader:
        assert isinstance(self.decide(RegisterKey("alice", NEW, permissions, "a test")), DecisionTaken)
        trader = Trader(self.exchange, "alice", 1, "new")
        trader.reports()
        opened, status = self.say(trader, OpenSession())
        assert isinstance(opened, SessionOpened)
        assert isinstance(status, OrderStatus)  # the order of the other key is hers too
        return trader


def test_a_key_that_may_only_cancel_cancels_what_another_key_of_hers_has_placed() -> None:
    market = Market()
    night = market.with_key(CANCEL)
    assert market.say(night, order("new")) == [
        OrderRejected(2, "alice.main", "new", Reason.KEY_PERMISSION, TRADE, CANCEL)
    ]
    assert market.say(night, REPLACE_IT) == [
        ReplaceRejected(3, "alice.main", "before", Reason.KEY_PERMISSION, TRADE, CANCEL)
    ]
    (canceled,) = market.say(night, CANCEL_IT)
    assert isinstance(canceled, OrderCanceled)
    (listed,) = market.say(night, RequestOrders("r", None))
    assert listed == OrdersListed(5, "r", None, 0)


def test_a_key_that_may_only_read_is_told_the_orders_and_can_change_nothing() -> None:
    market = Market()
    audit = market.with_key(READ)
    refused = Reason.KEY_PERMISSION, TRADE | CANCEL, READ
    assert market.say(audit, CANCEL_IT) == [CancelRejected(2, "alice.main", "before", *refused)]
    assert market.say(audit, CANCEL_ALL) == [RequestRejected(3, "m", "alice.main", *refused)]
    listed, status = market.say(audit, RequestOrders("r", None))
    assert (listed.orders, status.client_order_id) == (1, "before")


def test_a_key_that_may_trade_may_cancel() -> None:
    market = Market()
    desk = market.with_key(TRADE)
    assert isinstance(market.say(desk, order("new"))[0], OrderAccepted)
    assert isinstance(market.say(desk, CANCEL_ALL)[0], MassCanceled)


def test_registered_again_a_key_has_the_permissions_that_were_said_last_also_after_a_restart() -> None:
    market = Market()
    key = market.with_key(READ)
    for permissions in (TRADE, CANCEL, EVERYTHING, READ):
        market.decide(RegisterKey("alice", NEW, permissions, "changed"))
        for name in ("risk/0", "risk/1"):
            machine = market.exchange.shards[name].machine
            digest = machine.digest()
            machine.restore(machine.snapshot())
            assert machine.digest() == digest
        (told,) = market.say(key, order(f"with {int(permissions)}"))
        assert isinstance(told, OrderAccepted if permissions & TRADE else OrderRejected)


def test_a_revoked_key_takes_its_permissions_with_it() -> None:
    market = Market()
    market.with_key(CANCEL)
    market.decide(RevokeKey(NEW, "lost"))
    assert [market.exchange.risk(shard).restricted for shard in (0, 1)] == [{}, {}]


@pytest.mark.parametrize(
    ("participant_id", "public_key", "reason"),
    [
        ("nobody", NEW, Reason.PARTICIPANT_UNKNOWN),
        ("alice", SMALL_ORDER, Reason.KEY_UNFIT),
        ("alice", public_bytes(key_of("bob")), Reason.KEY_TAKEN),
        ("alice", public_bytes(key_of("operator")), Reason.KEY_TAKEN),
    ],
)
def test_a_key_that_can_not_be_hers_is_refused(
    participant_id: str, public_key: bytes, reason: Reason
) -> None:
    market = Market()
    before = market.exchange.domain("control/0").state()["keys"]
    told = market.decide(RegisterKey(participant_id, public_key, EVERYTHING, "a test"))
    assert isinstance(told, DecisionRefused)
    assert told.reason is reason
    assert market.exchange.domain("control/0").state()["keys"] == before


def test_a_revoked_key_is_not_registered_again() -> None:
    market = Market()
    market.with_key(TRADE)
    market.decide(RevokeKey(NEW, "lost"))
    told = market.decide(RegisterKey("alice", NEW, TRADE, "found"))
    assert isinstance(told, DecisionRefused)
    assert told.reason is Reason.KEY_UNKNOWN
