"""An account that halts because of an event: what is refused, what put aside, what a release does with it."""

from typing import Any

import pytest

from bulkhead.domain.messages.control import Deposit, ReleaseQuarantine
from bulkhead.domain.messages.mass import MassCancel, RequestOrders, RequestRejected
from bulkhead.domain.messages.orders import EnterOrder, OrderRemoved
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.messages.quotes import MassQuote, Quote, QuotesRejected
from bulkhead.domain.messages.reports import (
    BalanceCredited,
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
)
from bulkhead.domain.messages.reversal import BustTrade, FillReversed, TradeBusted
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from bulkhead.machines.interface import MachineRaised
from bulkhead.simulation.checks.reservations import check_reservations
from bulkhead.wire.codec import decode, encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, Trader
from tests.support.operator import Operator
from tests.support.quarantine import Ward
from tests.unit.machines.frames import give, internal

BUY = PlaceOrder("carol.main", "b", "X-USD", Side.BUY, 1, 1, False, 100, None, 5)
SELL = PlaceOrder("flow2.main", "s", "X-USD", Side.SELL, 1, 1, False, 100, None, 5)
CANCEL = CancelOrder("carol.main", "b")
RELEASE = ReleaseQuarantine("risk/0", "account carol.main", False, "looked at")


class Market:
    """carol and flow2 on one risk shard; `kind`: the message that it can't say of carol's account."""

    def __init__(self, kind: Any) -> None:
        self.ward = Ward()
        self.exchange = MemoryExchange(TEXT, make=self.ward.make, decides=False)
        self.carol = self.exchange.trader("carol")
        self.flow2 = self.exchange.trader("flow2")
        self.machine = self.exchange.shards["risk/0"].machine
        self.control = internal(self.exchange, "control/0", "orders/0")
        self.carol.reports()

        def poison(name: str, message: Any) -> bool:
            return isinstance(message, kind) and bool(message.account_id == "carol.main")

        self.ward.poison = poison

    def rest(self, trader: Trader, *commands: Any) -> list[Any]:
        trader.send(*commands)
        self.exchange.settle()
        return trader.reports()

    def release(self, decision: ReleaseQuarantine = RELEASE, cured: bool = True) -> list[Any]:
        """What the machine says at the release, which goes on with control's stream."""
        if cured:
            self.ward.cure()
        if not self.control.events:
            self.control.events = list(self.exchange.said()["control/0", "orders/0"])
        return give(self.exchange, "risk/0", self.control.next(encode(decision)))

    def aside(self) -> list[Any]:
        assert list(self.machine.quarantined()) == ["account carol.main"]
        return [decode(event) for event in self.machine.quarantined()["account carol.main"]]

    def unanswered(self) -> int:
        risk = self.exchange.risk(0)
        check_reservations([risk])
        routes = sum(route.unanswered for route in risk.routes.values())
        assert routes == sum(each.unanswered for each in risk.participants.values())
        return routes


def test_a_command_that_raises_is_refused_and_nothing_of_it_is_left() -> None:
    market = Market(EnterOrder)
    assert market.rest(market.carol, BUY, CANCEL) == [
        OrderRejected(2, "carol.main", "b", Reason.QUARANTINED, 0, 0),
        CancelRejected(3, "carol.main", "b", Reason.ACCOUNT_HALTED, 0, 0),
    ]
    assert market.exchange.risk(0).orders == {}
    assert market.unanswered() == 0
    assert market.release() == []
    assert market.rest(market.carol, BUY)[-1] == OrderAccepted(4, "carol.main", "b", 1, "X-USD")


def test_an_answer_is_put_aside_and_its_command_counts_as_answered() -> None:
    market = Market(OrderAccepted)
    assert market.rest(market.carol, BUY) == []
    (answer,) = market.aside()
    assert answer.order_id == 1
    assert market.unanswered() == 0
    assert market.rest(market.flow2, SELL)[-1].leaves_lots == 0
    assert len(market.aside()) == 2
    assert market.rest(market.carol, CANCEL) == [
        CancelRejected(3, "carol.main", "b", Reason.ACCOUNT_HALTED, 0, 0)
    ]
    accepted, filled = market.release()
    assert isinstance(accepted, OrderAccepted)
    assert (type(filled), filled.leaves_lots) == (OrderFilled, 0)
    assert market.exchange.risk(0).orders == {}
    assert market.unanswered() == 0
    assert market.machine.quarantined() == {}


def test_a_fill_that_ends_the_order_names_the_account_and_its_reservation_stays() -> None:
    market = Market(OrderFilled)
    market.rest(market.carol, BUY)
    market.rest(market.flow2, SELL)
    risk = market.exchange.risk(0)
    balance = risk.accounts["carol.main"].balances["USD"]
    before = (balance.total, balance.reserved)
    assert balance.reserved > 0
    (fill,) = market.aside()
    assert fill.quantity_lots == 5
    assert market.unanswered() == 0
    assert [type(report) for report in market.release()] == [OrderFilled]
    assert (balance.total, balance.reserved) == (before[0] - 500_000 + 126, 0)
    assert market.unanswered() == 0


def test_an_order_that_ends_by_itself_while_its_account_is_halted_ends_at_the_release() -> None:
    market = Market(OrderCanceled)
    immediate = PlaceOrder("carol.main", "b", "X-USD", Side.BUY, 1, 2, False, 100, None, 5)
    market.rest(market.carol, immediate)
    assert [type(event) for event in market.aside()] == [OrderRemoved]
    assert market.unanswered() == 0
    assert [type(report) for report in market.release()] == [OrderCanceled]
    assert market.exchange.risk(0).orders == {}
    assert market.unanswered() == 0


def test_a_deposit_is_put_aside_and_credited_at_the_release() -> None:
    market = Market(BalanceCredited)
    before = market.exchange.risk(0).accounts["carol.main"].balances["USD"].total
    market.exchange.control(Deposit("carol.main", "USD", 7))
    market.exchange.settle()
    assert market.aside() == [DepositSettled("carol.main", "USD", 7)]
    assert market.release() == [BalanceCredited(1, "carol.main", "USD", 7, before + 7)]


def test_others_of_the_shard_trade_on() -> None:
    market = Market(EnterOrder)
    market.rest(market.carol, BUY)
    assert market.rest(market.flow2, SELL)[-1] == OrderAccepted(2, "flow2.main", "s", 1, "X-USD")


def test_what_has_happened_cannot_be_discarded() -> None:
    market = Market(OrderAccepted)
    market.rest(market.carol, BUY)
    before = market.aside()
    discard = ReleaseQuarantine("risk/0", "account carol.main", True, "no")
    assert market.release(discard) == []  # it raises, and is skipped
    assert market.aside() == before
    assert len(market.machine.skipped) == 2


def test_a_release_that_raises_again_leaves_everything_as_it_was() -> None:
    market = Market(OrderFilled)
    market.rest(market.carol, BUY)
    market.rest(market.flow2, SELL)
    before = market.exchange.domain("risk/0").state(), market.machine.quarantined()
    assert market.release(cured=False) == []
    assert (market.exchange.domain("risk/0").state(), market.machine.quarantined()) == before
    assert [type(report) for report in market.release()] == [OrderFilled]


def test_a_halt_that_raises_itself_is_no_longer_the_accounts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # The native engine has no such fault: it is left out.
    monkeypatch.setattr("tests.support.quarantine.both", lambda machine, **_: machine)
    market = Market(EnterOrder)
    monkeypatch.setattr("bulkhead.domain.risk.signers.ParticipantSigners.refuse", lambda *_: 1 // 0)
    market.carol.send(BUY)
    with pytest.raises(MachineRaised) as told:
        market.exchange.settle()
    assert told.value.subject == "account carol.main"
    assert isinstance(told.value.__cause__, ZeroDivisionError)


def test_requests_about_the_account_are_rejected_while_it_is_halted() -> None:
    market = Market(OrderFilled)
    market.rest(market.carol, BUY)
    market.rest(market.flow2, SELL)
    many, some = MassCancel("m", "carol.main", None, None, None), RequestOrders("l", "carol.main")
    quoted = MassQuote("q", "carol.main", "X-USD", "g", (Quote("b", 1, 98, 1),))
    assert market.rest(market.carol, many, some, quoted) == [
        RequestRejected(3, "m", "carol.main", Reason.ACCOUNT_HALTED, 0, 0),
        RequestRejected(4, "l", "carol.main", Reason.ACCOUNT_HALTED, 0, 0),
        QuotesRejected(5, "q", "carol.main", None, Reason.ACCOUNT_HALTED, 0, 0),
    ]


def test_a_bust_that_cannot_be_applied_is_put_aside_and_moves_everything_back_at_the_release() -> None:
    market = Market(TradeBusted)
    usd = market.exchange.risk(0).accounts["carol.main"].balances["USD"]
    before = usd.total
    market.rest(market.carol, BUY)
    market.rest(market.flow2, SELL)
    Operator(market.exchange).decide(BustTrade("X-USD", 1, "a slip"))
    market.exchange.settle()
    usd = market.exchange.risk(0).accounts["carol.main"].balances["USD"]
    assert usd.total < before
    assert [type(each) for each in market.aside()] == [FillReversed]
    assert [type(each) for each in market.rest(market.flow2)][-1] is TradeBusted
    (told,) = market.release()
    assert isinstance(told, TradeBusted)
    assert market.exchange.risk(0).accounts["carol.main"].balances["USD"].total == before
