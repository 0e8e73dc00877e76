"""Cancel on disconnect and protected quotes, as a program that uses the SDK has them."""

import pytest

from bulkhead.domain.messages.disconnect import Disconnected, DisconnectSet
from bulkhead.domain.messages.kill_switch import OwnKillSwitchSet
from bulkhead.domain.messages.protection import ProtectionSet, ProtectionTripped
from bulkhead.domain.messages.reports import OrderAccepted, OrderCanceled, OrderFilled, OrderRejected
from bulkhead.domain.reasons import Reason
from tests.support.exchange import MemoryExchange
from tests.unit.client.conftest import Connect
from tests.unit.client.test_client import ALICE, BOB, everything, kinds


class Time:
    """The exchange's clock, and with it the client's."""

    def __init__(self, exchange: MemoryExchange) -> None:
        self._exchange = exchange
        self.now_ms = 1_000_000
        self.move(0)

    def move(self, by_ms: int) -> None:
        self.now_ms += by_ms
        self._exchange.tick(self.now_ms)
        self._exchange.settle()

    def now_us(self) -> int:
        return self.now_ms * 1_000


@pytest.fixture(name="time")
def _time(exchange: MemoryExchange) -> Time:
    return Time(exchange)


def test_a_client_that_reads_its_reports_is_heard_and_one_that_does_not_loses_its_orders(
    connected: Connect, time: Time
) -> None:
    alice = connected("alice", cancel_on_disconnect_s=3.0, now_us=time.now_us)
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice))[-2:] == [DisconnectSet, OrderAccepted]
    for _ in range(20):
        time.move(900)
        assert everything(alice) == []
    for _ in range(4):
        time.move(900)
    told = everything(alice)
    assert kinds(told) == [Disconnected, OrderCanceled]
    assert told[1].reason is Reason.DISCONNECTED
    assert alice.unanswered == 0


def test_who_was_disconnected_says_so_again_to_trade_on(connected: Connect, time: Time) -> None:
    alice = connected("alice", cancel_on_disconnect_s=1.0, now_us=time.now_us)
    for _ in range(3):
        time.move(1_000)
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice))[-1] is OrderRejected
    alice.guards.cancel_on_disconnect(1.0)
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice)) == [DisconnectSet, OrderAccepted]


def test_no_heartbeat_takes_the_number_of_a_command_in_a_batch(connected: Connect, time: Time) -> None:
    alice = connected("alice", cancel_on_disconnect_s=1.0, now_us=time.now_us)
    everything(alice)
    answered: list[int] = []
    alice.on_answer = lambda sequence, report: answered.append(sequence)
    with alice.batch():
        alice.place(ALICE, "BTC-USD", "buy", 1, 100)
        time.move(800)
        alice.raw_reports()
        alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    everything(alice)
    assert answered == [3, 4]
    assert alice.unanswered == 0


@pytest.mark.parametrize("after_s", [0.5, 86_401.0, -1.0])
def test_a_time_that_the_exchange_does_not_take_is_an_error_at_once(
    connected: Connect, after_s: float
) -> None:
    with pytest.raises(ValueError, match="cancel on disconnect is after 1 to 86400 s"):
        connected("alice", cancel_on_disconnect_s=after_s)


def test_a_protected_group_is_pulled_and_reset(connected: Connect) -> None:
    alice, bob = connected("alice"), connected("bob")
    alice.guards.protect("g", 1.0, fills=1)
    for price in (200, 201):
        alice.place(ALICE, "BTC-USD", "sell", 1, price, quote_group="g")
    assert kinds(everything(alice))[-3:] == [ProtectionSet, OrderAccepted, OrderAccepted]
    bob.place(BOB, "BTC-USD", "buy", 1, 200)
    assert kinds(everything(alice)) == [OrderFilled, ProtectionTripped, OrderCanceled]
    alice.guards.reset_protection("g")
    alice.place(ALICE, "BTC-USD", "sell", 1, 200, quote_group="g")
    assert kinds(everything(alice)) == [ProtectionSet, OrderAccepted]
    assert alice.unanswered == 0


def test_a_client_that_kills_has_no_order_and_places_none_until_it_releases(connected: Connect) -> None:
    alice = connected("alice")
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    everything(alice)
    alice.guards.kill()
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    told = everything(alice)
    assert sorted(each.__name__ for each in kinds(told)) == [
        "OrderCanceled",
        "OrderRejected",
        "OwnKillSwitchSet",
    ]
    assert {each.reason for each in told if not isinstance(each, OwnKillSwitchSet)} == {Reason.KILLED}
    alice.guards.release()
    alice.place(ALICE, "BTC-USD", "buy", 1, 100)
    assert kinds(everything(alice)) == [OwnKillSwitchSet, OrderAccepted]
    assert alice.unanswered == 0
