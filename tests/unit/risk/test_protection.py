"""Market-maker protection: a group that is filled up to its limit within the window is pulled."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.mass import MassCancelMissed, RequestRejected
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.protection import (
    ProtectionSet,
    ProtectionTripped,
    ResetProtection,
    SetProtection,
)
from bulkhead.domain.messages.reports import OrderAccepted, OrderRejected, ReplaceRejected
from bulkhead.domain.messages.risk_events import QuotesPulled
from bulkhead.domain.reasons import Reason
from bulkhead.domain.risk.protection import GROUPS_MAX
from bulkhead.domain.terms import Side
from tests.unit.risk.desk import quote, restart_risk, risk_events, ticks
from tests.unit.risk.market import Market, ended


class Quoting(Market):
    """Alice quotes in group g: four lots each at 101 and 102; another order of hers is in no group."""

    def __init__(self, lots: int = 0, fills: int = 0, window_ms: int = 1_000) -> None:
        super().__init__()
        ticks(self, 10_000)
        told = self.say(
            self.alice,
            SetProtection("p", "g", window_ms, lots, fills),
            quote("q1", "g", price=101),
            quote("q2", "g", price=102),
        )
        assert ProtectionSet(6, "p", "g", window_ms, lots, fills) in told
        self.bob.reports()
        self._bids = 0

    def take(self, lots: int, price: int = 101) -> list[Any]:
        """Bob buys; what alice is told."""
        self._bids += 1
        bid = PlaceOrder("bob.main", f"b{self._bids}", "X-USD", Side.BUY, 1, 2, False, price, None, lots)
        self.say(self.bob, bid)
        return self.alice.reports()


def tripped(reports: list[Any]) -> list[ProtectionTripped]:
    return [each for each in reports if isinstance(each, ProtectionTripped)]


def test_lots_below_the_limit_pull_nothing_and_the_limit_pulls_the_group_alone() -> None:
    market = Quoting(lots=4)
    assert not tripped(market.take(3))
    reports = market.take(1)
    assert tripped(reports) == [ProtectionTripped(8, "g", 4, 2, 1, 0, 0)]
    assert ended(reports, Reason.PROTECTED) == {"q2"}
    assert QuotesPulled(10_000, "alice", "g", 4, 2, 1) in risk_events(market.exchange)
    assert len(market.say(market.alice, CancelOrder("alice.main", "x-buy"))) == 1


def test_fills_are_counted_one_by_one() -> None:
    market = Quoting(fills=2)
    assert not tripped(market.take(1))
    reports = market.take(1)
    assert tripped(reports) == [ProtectionTripped(8, "g", 2, 2, 2, 0, 0)]
    assert ended(reports, Reason.PROTECTED) == {"q1", "q2"}


def test_the_window_leaves_behind_what_is_as_old_as_it_is_long() -> None:
    market = Quoting(fills=2)
    market.take(1)
    ticks(market, 11_000)
    assert not tripped(market.take(1))
    ticks(market, 11_999)
    assert tripped(market.take(1))


def test_when_time_stands_still_the_window_does_too() -> None:
    market = Quoting(fills=3)
    market.take(1)
    ticks(market, 10_000)
    assert not tripped(market.take(1))
    assert tripped(market.take(1))


def test_a_tripped_group_is_refused_and_told_once_until_it_is_reset() -> None:
    market = Quoting(lots=2)
    market.take(2)
    refused, replaced, from_other, accepted = market.say(
        market.alice,
        quote("q3", "h"),
        quote("q4", "g"),
        ReplaceOrder("alice.main", "q1", 103, 8),
        replace(quote("q5", "g", Side.BUY, 95), account_id="alice.other"),
    )
    assert isinstance(accepted, OrderAccepted)
    for each in (refused, from_other):
        assert isinstance(each, OrderRejected)
        assert (each.reason, each.bound, each.actual) == (Reason.PROTECTED, 2, 2)
    assert isinstance(replaced, ReplaceRejected)
    assert replaced.reason is Reason.ORDER_UNKNOWN
    told, accepted = market.say(market.alice, ResetProtection("r", "g"), quote("q6", "g", price=101))
    assert told == ProtectionSet(13, "r", "g", 1_000, 2, 0)
    assert isinstance(accepted, OrderAccepted)
    assert not tripped(market.take(1))
    assert tripped(market.take(1))


def test_setting_it_anew_ends_a_trip_and_setting_nothing_ends_the_protection() -> None:
    market = Quoting(lots=1)
    market.take(1)
    _, accepted = market.say(market.alice, SetProtection("p", "g", 1_000, 2, 0), quote("q3", "g", price=101))
    assert isinstance(accepted, OrderAccepted)
    market.say(market.alice, SetProtection("p", "g", 1_000, 0, 0))
    assert not tripped(market.take(4))
    (rejected,) = market.say(market.alice, ResetProtection("r", "g"))
    assert rejected == RequestRejected(12, "r", None, Reason.PROTECTION_UNKNOWN, 0, 0)


def test_a_fill_that_the_book_made_before_the_cancel_came_is_told_and_the_order_is_told_as_missed() -> None:
    market = Quoting(lots=1)
    bids = [
        PlaceOrder("bob.main", f"b{price}", "X-USD", Side.BUY, 1, 2, False, price, None, lots)
        for price, lots in ((101, 4), (102, 4))
    ]
    reports = market.say(market.bob, *bids) and market.alice.reports()
    assert len(tripped(reports)) == 1
    assert [each.client_order_id for each in reports if isinstance(each, MassCancelMissed)] == ["q2"]


def test_another_participant_s_group_of_the_same_name_is_not_its() -> None:
    market = Quoting(lots=1)
    market.say(market.bob, replace(quote("s", "g", price=100), account_id="bob.main"))
    market.take(1)
    assert not ended(market.bob.reports(), Reason.PROTECTED)


@pytest.mark.parametrize(
    ("command", "reason", "bound", "actual"),
    [
        (SetProtection("p", "", 1, 1, 1), Reason.GROUP, 32, 0),
        (SetProtection("p", "x" * 33, 1, 1, 1), Reason.GROUP, 32, 33),
        (SetProtection("p", "é", 1, 1, 1), Reason.GROUP, 32, 1),
        (SetProtection("p", "h", 0, 1, 1), Reason.PROTECTION_WINDOW, 60_000, 0),
        (SetProtection("p", "h", 60_001, 1, 1), Reason.PROTECTION_WINDOW, 60_000, 60_001),
    ],
)
def test_what_cannot_be_set_is_rejected_with_its_numbers(
    command: SetProtection, reason: Reason, bound: int, actual: int
) -> None:
    market = Quoting(lots=1)
    assert market.say(market.alice, command) == [RequestRejected(9, "p", None, reason, bound, actual)]


def test_a_participant_has_so_many_groups_and_no_more() -> None:
    market = Market()
    groups = [SetProtection("p", f"g{number}", 60_000, 1, 0) for number in range(GROUPS_MAX + 1)]
    *_, last_taken, rejected, again = market.say(market.alice, *groups, groups[0])
    assert isinstance(last_taken, ProtectionSet)
    assert (rejected.reason, rejected.bound, rejected.actual) == (
        Reason.PROTECTIONS_LIMIT,
        GROUPS_MAX,
        GROUPS_MAX,
    )
    assert isinstance(again, ProtectionSet)


def test_what_was_counted_and_a_trip_outlive_a_restart() -> None:
    market = Quoting(fills=2)
    market.take(1)
    restart_risk(market)
    assert tripped(market.take(1))
    restart_risk(market)
    (rejected,) = market.say(market.alice, quote("q9", "g"))
    assert rejected.reason is Reason.PROTECTED
