"""What a risk desk is told: each thing once, a flood as a count, and nothing of what is usual."""

from dataclasses import replace
from typing import Any

from bulkhead.domain.messages.control import SetNotionalLimit, SetOrderRate
from bulkhead.domain.messages.kill_switch import KillScope, SetKillSwitch
from bulkhead.domain.messages.participant import CancelOrder
from bulkhead.domain.messages.risk_events import LimitBreached, LimitNear, RiskLimitChanged, TradingStopped
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side
from tests.unit.risk.desk import restart_risk, risk_events, ticks
from tests.unit.risk.market import ALL, Market, order


def of_kind(market: Market, kind: type) -> list[Any]:
    return [each for each in risk_events(market.exchange) if isinstance(each, kind)]


def test_refusals_for_a_limit_are_one_event_a_participant_reason_and_second() -> None:
    market = Market()
    ticks(market, 10_100)
    dear = [
        replace(ALL[0], client_order_id=f"d{number}", price_ticks=110, quantity_lots=15)
        for number in range(9)
    ]
    market.say(market.alice, *dear)
    market.say(market.bob, replace(ALL[0], client_order_id="wrong side", account_id="bob.main", side=7))
    ticks(market, 10_900)
    assert of_kind(market, LimitBreached) == []
    restart_risk(market)
    ticks(market, 11_000)
    (told,) = of_kind(market, LimitBreached)
    assert (told.time_ms, told.participant_id, told.reason) == (10_000, "alice", Reason.BALANCE)
    assert (told.count, told.account_id) == (8, "alice.main")  # one of them she can pay
    assert told.bound < told.actual
    ticks(market, 12_000)
    assert len(of_kind(market, LimitBreached)) == 1


def test_what_a_kill_switch_refuses_is_a_breach_and_the_switch_is_told() -> None:
    market = Market()
    ticks(market, 10_000)
    market.decide(SetKillSwitch(KillScope.ACCOUNT, "alice.main", True, "why"))
    market.say(market.alice, replace(ALL[0], client_order_id="again"))
    market.decide(SetKillSwitch(KillScope.ACCOUNT, "alice.main", False, "why"))
    ticks(market, 11_000)
    stopped, lifted = of_kind(market, TradingStopped)
    assert stopped == TradingStopped(10_000, KillScope.ACCOUNT, "alice.main", True, 3)
    assert lifted == TradingStopped(10_000, KillScope.ACCOUNT, "alice.main", False, 0)
    (breach,) = of_kind(market, LimitBreached)
    assert (breach.reason, breach.bound) == (Reason.KILLED, KillScope.ACCOUNT)


def test_a_limit_nearly_used_up_is_told_once_until_it_is_well_below() -> None:
    market = Market()  # alice may have 7 orders open, and has 4
    names = [f"n{number}" for number in range(4)]
    tiny = [replace(order(name, "X-USD", Side.BUY, 95), quantity_lots=1) for name in names]
    market.say(market.alice, *tiny[:2])
    assert of_kind(market, LimitNear) == []
    market.say(market.alice, tiny[2])
    (told,) = of_kind(market, LimitNear)
    assert told == LimitNear(0, "alice", Reason.OPEN_ORDERS_LIMIT, 7, 7, None, None)
    restart_risk(market)
    # From 6 of 7 back to 7 the episode goes on; from 5 it is another, in another second.
    market.say(market.alice, CancelOrder("alice.main", "n0"))
    ticks(market, 1_000)
    market.say(market.alice, tiny[3], CancelOrder("alice.main", "n1"), CancelOrder("alice.main", "n2"))
    market.say(
        market.alice, *(replace(each, client_order_id=f"{each.client_order_id}'") for each in tiny[:2])
    )
    assert len(of_kind(market, LimitNear)) == 1
    market.say(market.alice, CancelOrder("alice.main", "n0'"), CancelOrder("alice.main", "n1'"))
    ticks(market, 2_000)
    restart_risk(market)
    market.say(
        market.alice, *(replace(each, client_order_id=f"{each.client_order_id}*") for each in tiny[:2])
    )
    assert len(of_kind(market, LimitNear)) == 2


def test_a_limit_that_is_changed_is_told_with_what_it_was() -> None:
    market = Market()
    assert of_kind(market, RiskLimitChanged) == []  # the genesis says limits for the first time
    market.exchange.control(SetNotionalLimit("bob", "USD", 5), SetNotionalLimit("bob", "USD", 5))
    market.exchange.control(SetOrderRate("bob", 3))
    market.exchange.settle()
    (told,) = of_kind(market, RiskLimitChanged)
    assert (told.participant_id, told.reason, told.subject) == ("bob", Reason.NOTIONAL_LIMIT, "USD")
    assert (told.before, told.after) == (1_400_000, 5)


def test_each_shard_tells_of_its_own_participants_in_a_stream_of_its_own() -> None:
    market = Market()
    market.decide(SetKillSwitch(KillScope.EVERYTHING, "", True, "why"))
    streams = {
        source: len(events) for (source, to), events in market.exchange.said().items() if "risk_events" in to
    }
    assert streams.keys() == {"risk/0", "risk/1"}
