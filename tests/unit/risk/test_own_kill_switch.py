"""A participant's own kill switch: it stops itself, over restarts, and it or an operator lets go."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.keys import Permission
from bulkhead.domain.messages.control import RegisterKey, SetPhase
from bulkhead.domain.messages.kill_switch import (
    KillOwn,
    KillScope,
    KillSwitchChanged,
    OwnKillSwitchSet,
    ReleaseOwn,
    SetKillSwitch,
)
from bulkhead.domain.messages.limits import SetAccountState
from bulkhead.domain.messages.mass import RequestRejected
from bulkhead.domain.messages.participant import CancelOrder, OpenSession, ReplaceOrder
from bulkhead.domain.messages.reports import OrderAccepted, OrderFilled, OrderRejected, ReplaceRejected
from bulkhead.domain.messages.risk_events import TradingStopped
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import AccountState, Phase, Side
from bulkhead.simulation.setting import key_of, public_bytes
from bulkhead.views.kill_switches import StandingSwitch, standing_own_switches, standing_switches
from bulkhead.views.risk_events import RiskEvents
from bulkhead.wire.authentication import Verifier
from tests.support.exchange import Trader
from tests.unit.risk.desk import restart_risk, risk_events, ticks
from tests.unit.risk.market import ALL, Market, ended, order

EVERY_NAME = {each.client_order_id for each in ALL}
NEW = replace(ALL[0], client_order_id="new")


@pytest.fixture(name="market")
def _market() -> Market:
    market = Market()
    ticks(market, 5_000)
    return market


def stopped(market: Market) -> list[TradingStopped]:
    return [each for each in risk_events(market.exchange) if isinstance(each, TradingStopped)]


def test_its_live_orders_end_and_new_ones_and_replaces_are_refused_until_it_lets_go(market: Market) -> None:
    reports = market.say(market.alice, KillOwn("k"))
    assert reports[0] == OwnKillSwitchSet(6, "k", True, 4, 0, 0)
    assert ended(reports, Reason.KILLED) == EVERY_NAME
    restart_risk(market)
    ordered, replaced = market.say(market.alice, NEW, ReplaceOrder("alice.main", "none", 96, 4))
    assert isinstance(ordered, OrderRejected)
    assert isinstance(replaced, ReplaceRejected)
    for refused in (ordered, replaced):
        assert (refused.reason, refused.bound, refused.actual) == (Reason.KILLED, KillScope.OWN, 5_000)
    released, accepted = market.say(market.alice, ReleaseOwn("r"), NEW)
    assert released == OwnKillSwitchSet(9, "r", False, 0, 0, 0)
    assert isinstance(accepted, OrderAccepted)
    assert b"kills" not in market.exchange.shards["risk/0"].machine.snapshot()


def test_it_stops_nobody_else(market: Market) -> None:
    market.say(market.alice, KillOwn("k"))
    *_, accepted = market.say(market.bob, order("b", "X-USD", Side.BUY, 96, "bob.main"))
    assert isinstance(accepted, OrderAccepted)


def test_what_risk_had_accepted_reaches_the_book_before_the_cancels_and_may_trade(market: Market) -> None:
    market.to_risk(market.bob, order("s", "X-USD", Side.SELL, 96, "bob.main"))
    reports = market.say(market.alice, KillOwn("k"))
    assert sum(isinstance(each, OrderFilled) for each in reports) == 1
    assert market.exchange.risk(0).orders == market.exchange.risk(1).orders == {}


def test_repeated_it_keeps_its_time_asks_for_nothing_twice_and_is_told_to_the_desk_once(
    market: Market,
) -> None:
    told = market.to_risk(market.alice, KillOwn("1"), CancelOrder("alice.main", "x-buy"), KillOwn("2"))
    assert told[0] == OwnKillSwitchSet(6, "1", True, 4, 0, 0)
    assert told[1].reason is Reason.CANCEL_PENDING
    assert told[2] == OwnKillSwitchSet(8, "2", True, 0, 4, 0)
    market.exchange.settle()
    ticks(market, 9_000)
    market.say(market.alice, KillOwn("3"), ReleaseOwn("4"), ReleaseOwn("5"))
    assert stopped(market) == [
        TradingStopped(5_000, KillScope.OWN, "alice", True, 4),
        TradingStopped(9_000, KillScope.OWN, "alice", False, 0),
    ]


def test_orders_of_a_closed_instrument_end_when_it_opens(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    assert market.say(market.alice, KillOwn("k"))[0] == OwnKillSwitchSet(6, "k", True, 1, 0, 3)
    market.exchange.control(SetPhase("X-USD", Phase.PRE_OPEN))
    market.exchange.settle()
    reports = market.alice.reports()
    assert reports[0] == KillSwitchChanged(6, KillScope.OWN, "alice", True, 3, 0, 0)
    assert ended(reports, Reason.KILLED) == EVERY_NAME - {"z-buy"}


def test_an_operator_lets_it_go_and_it_lifts_no_switch_of_an_operator(market: Market) -> None:
    market.decide(SetKillSwitch(KillScope.PARTICIPANT, "alice", True, "why"))
    market.alice.reports()
    market.say(market.alice, KillOwn("k"), ReleaseOwn("r"))
    (refused,) = market.say(market.alice, NEW)
    assert (refused.reason, refused.bound) == (Reason.KILLED, KillScope.PARTICIPANT)
    market.say(market.alice, KillOwn("again"))
    market.decide(SetKillSwitch(KillScope.PARTICIPANT, "alice", False, "why"))
    market.alice.reports()
    (refused,) = market.say(market.alice, NEW)
    assert (refused.reason, refused.bound) == (Reason.KILLED, KillScope.OWN)
    market.decide(SetKillSwitch(KillScope.OWN, "alice", False, "she has called"))
    told, accepted = market.say(market.alice, NEW)
    assert told == KillSwitchChanged(10, KillScope.OWN, "alice", False, 0, 0, 0)
    assert isinstance(accepted, OrderAccepted)


def test_the_log_alone_tells_who_has_stopped_itself(market: Market) -> None:
    identity = market.exchange.identity

    def verifier(partition: str) -> Verifier:
        return Verifier(identity.exchange_id, identity.genesis_id, partition, identity.mac_key)

    def standing() -> list[StandingSwitch]:
        shards = market.exchange.topology.shards.risk.count
        with closing(RiskEvents(market.exchange.log, shards, verifier, "test")) as events:
            return standing_own_switches(events)

    market.say(market.alice, KillOwn("k"))
    (own,) = standing()
    assert own[:3] == (KillScope.OWN, "alice", 5_000)
    assert standing_switches(market.exchange.log, verifier("decisions/0"), "test") == []
    market.decide(SetKillSwitch(KillScope.OWN, "alice", False, "she has called"))
    assert standing() == []


def _with_key(market: Market, permissions: Permission) -> Trader:
    market.decide(RegisterKey("alice", public_bytes(key_of("new")), permissions, "a test"))
    trader = Trader(market.exchange, "alice", 1, "new")
    trader.reports()
    market.say(trader, OpenSession())
    return trader


@pytest.mark.parametrize(
    ("permissions", "kills", "releases"),
    [
        (Permission.TRADE, True, True),
        (Permission.CANCEL, True, False),
        (Permission(0), False, False),
    ],
)
def test_who_may_cancel_may_stop_and_who_may_trade_may_let_go(
    market: Market, permissions: Permission, kills: bool, releases: bool
) -> None:
    trader = _with_key(market, permissions)
    asked: list[tuple[Any, bool, Permission]] = [
        (KillOwn("k"), kills, Permission.TRADE | Permission.CANCEL),
        (ReleaseOwn("r"), releases, Permission.TRADE),
    ]
    for command, may, needed in asked:
        told = market.say(trader, command)[0]
        if may:
            assert isinstance(told, OwnKillSwitchSet)
        else:
            sequence = told.last_sequence
            refusal = (Reason.KEY_PERMISSION, needed, permissions)
            assert told == RequestRejected(sequence, command.request_id, None, *refusal)


def test_what_was_suspended_ends_too(market: Market) -> None:
    """As it does on disconnect: nobody is kept in the market who wants to leave it at once."""
    market.decide(SetAccountState("alice.other", AccountState.SUSPENDED, "why"))
    market.alice.reports()
    assert ended(market.say(market.alice, KillOwn("k")), Reason.KILLED) == EVERY_NAME
