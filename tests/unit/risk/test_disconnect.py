"""Cancel on disconnect: silence, counted by ticks, ends a participant's orders, where its session asked."""

from dataclasses import replace

import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.disconnect import Disconnected, DisconnectSet, Heartbeat, SetDisconnect
from bulkhead.domain.messages.mass import RequestRejected
from bulkhead.domain.messages.participant import CancelOrder, ReplaceOrder
from bulkhead.domain.messages.reports import CancelRejected, OrderAccepted, OrderRejected, ReplaceRejected
from bulkhead.domain.messages.risk_events import SessionSilent
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase
from bulkhead.simulation.setting import key_of, public_bytes
from tests.unit.risk.desk import restart_risk, risk_events, ticks
from tests.unit.risk.market import ALL, Market, ended

KEY = public_bytes(key_of("alice"))
EVERY_NAME = {each.client_order_id for each in ALL}


@pytest.fixture(name="market")
def _market() -> Market:
    """Alice's session may be silent for two seconds; it is 10 s of the exchange's time."""
    market = Market()
    ticks(market, 10_000)
    told = market.say(market.alice, SetDisconnect("d", 2_000))
    assert told[-1] == DisconnectSet(6, "d", 2_000)
    return market


def test_silence_beyond_the_time_ends_every_order_and_is_told(market: Market) -> None:
    ticks(market, 11_000, 12_000)
    assert market.alice.reports() == []
    ticks(market, 12_001)
    reports = market.alice.reports()
    assert reports[0] == Disconnected(6, KEY, 2_000, 4, 0, 0)
    assert ended(reports, Reason.DISCONNECTED) == EVERY_NAME
    assert SessionSilent(12_001, "alice", KEY, 2_000, 4) in risk_events(market.exchange)
    ticks(market, 13_000, 20_000)
    assert market.alice.reports() == []


@pytest.mark.parametrize("event", [Heartbeat(), CancelOrder("alice.main", "none")])
def test_any_event_of_the_session_is_a_sign_of_life(market: Market, event: object) -> None:
    for time_ms in range(11_000, 20_000, 1_000):
        ticks(market, time_ms)
        market.say(market.alice, event)
    assert not ended(market.alice.reports(), Reason.DISCONNECTED)
    ticks(market, 20_000, 21_000, 22_000)
    assert ended(market.alice.reports(), Reason.DISCONNECTED) == EVERY_NAME


def test_what_cannot_be_read_is_a_sign_of_life_too(market: Market) -> None:
    ticks(market, 11_000, 12_000)
    market.alice.send_events([b"\xff"])
    market.exchange.settle()
    ticks(market, 13_000, 14_000)
    assert not ended(market.alice.reports(), Reason.DISCONNECTED)


def test_another_s_events_and_a_fenced_session_s_are_none(market: Market) -> None:
    ticks(market, 11_000, 12_000)
    market.say(market.bob, Heartbeat())
    ticks(market, 12_500)
    assert ended(market.alice.reports(), Reason.DISCONNECTED) == EVERY_NAME


def test_when_time_stands_still_nobody_is_silent_and_a_jump_counts_for_a_second(market: Market) -> None:
    ticks(market, 10_000, 10_000, 9_000)
    ticks(market, 9_000_000, 18_000_000)
    assert market.alice.reports() == []
    ticks(market, 18_000_001)
    assert ended(market.alice.reports(), Reason.DISCONNECTED) == EVERY_NAME


def test_who_was_disconnected_is_refused_but_for_cancels_until_it_says_so(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    ticks(market, 11_000, 12_000, 13_000)
    market.alice.reports()
    market.exchange.control(SetPhase("Z-USD", Phase.CONTINUOUS))
    late = replace(ALL[2], client_order_id="late")
    rejected, replaced, canceled = market.say(
        market.alice, late, ReplaceOrder("alice.main", "x-buy", 95, 4), CancelOrder("alice.main", "none")
    )
    assert isinstance(rejected, OrderRejected)
    assert (rejected.reason, rejected.bound, rejected.actual) == (Reason.DISCONNECTED, 2_000, 3_000)
    assert isinstance(replaced, ReplaceRejected)
    assert replaced.reason is Reason.DISCONNECTED
    assert isinstance(canceled, CancelRejected)
    assert canceled.reason is Reason.ORDER_UNKNOWN
    *_, accepted = market.say(
        market.alice, SetDisconnect("again", 2_000), replace(late, client_order_id="back")
    )
    assert isinstance(accepted, OrderAccepted)


def test_orders_of_a_closed_instrument_end_when_it_opens(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    ticks(market, 11_000, 12_000, 13_000)
    told, *_ = reports = market.alice.reports()
    assert (told.asked, told.closed) == (1, 3)
    assert ended(reports, Reason.DISCONNECTED) == {"z-buy"}
    market.exchange.control(SetPhase("X-USD", Phase.AUCTION))
    market.exchange.settle()
    told, *_ = reports = market.alice.reports()
    assert told == Disconnected(6, KEY, 2_000, 3, 0, 0)
    assert ended(reports, Reason.DISCONNECTED) == EVERY_NAME - {"z-buy"}


def test_a_new_session_ends_it(market: Market) -> None:
    again = market.exchange.trader("alice", 2)
    again.reports()
    ticks(market, 11_000, 12_000, 13_000, 14_000)
    assert not ended(again.reports(), Reason.DISCONNECTED)


def test_a_new_session_of_one_that_was_disconnected_may_trade(market: Market) -> None:
    ticks(market, 11_000, 12_000, 13_000)
    again = market.exchange.trader("alice", 2)
    *_, accepted = market.say(again, replace(ALL[0], client_order_id="new"))
    assert isinstance(accepted, OrderAccepted)


def test_nil_ends_it(market: Market) -> None:
    market.say(market.alice, SetDisconnect("d", 0))
    ticks(market, 11_000, 12_000, 13_000, 14_000)
    assert market.alice.reports() == []


@pytest.mark.parametrize(
    ("after_ms", "nearest"), [(1, 1_000), (999, 1_000), (86_400_001, 86_400_000), (2**63 - 1, 86_400_000)]
)
def test_a_time_that_is_too_short_or_too_long_is_rejected_and_the_old_one_holds(
    market: Market, after_ms: int, nearest: int
) -> None:
    assert market.say(market.alice, SetDisconnect("r", after_ms)) == [
        RequestRejected(7, "r", None, Reason.DISCONNECT_TIME, nearest, after_ms)
    ]
    ticks(market, 11_000, 12_000, 13_000)
    assert ended(market.alice.reports(), Reason.DISCONNECTED) == EVERY_NAME


@pytest.mark.parametrize("after_ms", [1_000, 86_400_000])
def test_the_bounds_themselves_are_taken(market: Market, after_ms: int) -> None:
    assert market.say(market.alice, SetDisconnect("r", after_ms)) == [DisconnectSet(7, "r", after_ms)]


def test_how_long_it_was_silent_outlives_a_restart(market: Market) -> None:
    ticks(market, 11_000, 12_000)
    restart_risk(market)
    ticks(market, 13_000)
    assert ended(market.alice.reports(), Reason.DISCONNECTED) == EVERY_NAME
    restart_risk(market)
    (rejected,) = market.say(market.alice, replace(ALL[0], client_order_id="late"))
    assert rejected.reason is Reason.DISCONNECTED
