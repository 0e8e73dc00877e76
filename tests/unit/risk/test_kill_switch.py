"""The kill switch: what it stops takes nothing new, and what is live ends; over restarts, until it is off."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.messages.kill_switch import (
    KillScope,
    KillSwitchChanged,
    KillSwitchThrown,
    SetKillSwitch,
)
from bulkhead.domain.messages.mass import MassCancelMissed
from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CommandRefused,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Side
from bulkhead.views.kill_switches import StandingSwitch, standing_switches
from bulkhead.wire.authentication import Verifier
from tests.unit.risk.market import ALL, OPERATOR, Market, ended, order

EVERY_NAME = {each.client_order_id for each in ALL}
SWITCHES = [
    (KillScope.ACCOUNT, "alice.other", {"other"}),
    (KillScope.PARTICIPANT, "alice", EVERY_NAME),
    (KillScope.INSTRUMENT, "X-USD", {"x-buy", "x-sell", "other"}),
    (KillScope.EVERYTHING, "", EVERY_NAME),
]


def turn(scope: KillScope, name: str, on: bool = True) -> SetKillSwitch:
    return SetKillSwitch(scope, name, on, "why")


@pytest.fixture(name="market")
def _market() -> Market:
    market = Market()
    market.exchange.tick(5_000)
    market.exchange.settle()
    return market


def thrown(answers: list[Any]) -> list[KillSwitchThrown]:
    return [each for each in answers if isinstance(each, KillSwitchThrown)]


@pytest.mark.parametrize(("scope", "name", "gone"), SWITCHES)
def test_live_orders_under_a_switch_end_and_no_other(
    market: Market, scope: KillScope, name: str, gone: set[str]
) -> None:
    answers = thrown(market.decide(turn(scope, name)))
    assert len(answers) == (1 if scope in (KillScope.ACCOUNT, KillScope.PARTICIPANT) else 2)
    assert sum(each.asked for each in answers) == len(gone)
    assert {(each.public_key, each.sequence, each.since_ms) for each in answers} == {(OPERATOR, 2, 5_000)}
    reports = market.alice.reports()
    assert reports[0] == KillSwitchChanged(5, scope, name, True, len(gone), 0, 0)
    assert ended(reports, Reason.KILLED) == gone


@pytest.mark.parametrize(("scope", "name", "gone"), SWITCHES)
def test_a_new_order_under_a_switch_is_refused_with_what_stands_and_since_when(
    market: Market, scope: KillScope, name: str, gone: set[str]
) -> None:
    market.decide(turn(scope, name))
    market.alice.reports()
    new = [replace(each, client_order_id=f"{each.client_order_id} again") for each in ALL]
    reports = market.say(market.alice, *new)
    refused = {each.client_order_id.split()[0]: each for each in reports if isinstance(each, OrderRejected)}
    assert refused.keys() == gone
    numbers = {(each.reason, each.bound, each.actual) for each in refused.values()}
    assert numbers == {(Reason.KILLED, scope, 5_000)}
    assert sum(isinstance(each, OrderAccepted) for each in reports) == len(ALL) - len(gone)


def test_a_replace_of_what_is_still_live_is_refused_and_a_cancel_is_taken(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    market.operator.decide(turn(KillScope.EVERYTHING, ""))
    for shard in ("control/0", "risk/0", "risk/1"):
        market.exchange.shards[shard].step(0.0)
    told, replaced, unknown, canceled = market.to_risk(
        market.alice,
        ReplaceOrder("alice.main", "x-buy", 95, 4),
        ReplaceOrder("alice.main", "nothing", 95, 4),
        CancelOrder("alice.main", "z-buy"),
    )
    assert told == KillSwitchChanged(5, KillScope.EVERYTHING, "", True, 1, 0, 3)
    for refused in (replaced, unknown):
        assert isinstance(refused, ReplaceRejected)
        assert (refused.reason, refused.bound) == (Reason.KILLED, KillScope.EVERYTHING)
    assert canceled.reason is Reason.CANCEL_PENDING


def test_orders_of_a_closed_instrument_end_when_it_opens(market: Market) -> None:
    market.exchange.control(SetPhase("X-USD", Phase.CLOSED))
    market.exchange.settle()
    market.decide(turn(KillScope.PARTICIPANT, "alice"))
    assert ended(market.alice.reports(), Reason.KILLED) == {"z-buy"}
    market.exchange.control(SetPhase("X-USD", Phase.PRE_OPEN))
    market.exchange.settle()
    reports = market.alice.reports()
    assert reports[0] == KillSwitchChanged(5, KillScope.PARTICIPANT, "alice", True, 3, 0, 0)
    assert ended(reports, Reason.KILLED) == EVERY_NAME - {"z-buy"}


def test_what_risk_had_accepted_goes_to_the_book_before_the_cancel_and_may_trade(market: Market) -> None:
    market.to_risk(market.bob, PlaceOrder("bob.main", "s", "X-USD", Side.SELL, 1, 1, False, 96, None, 4))
    market.decide(turn(KillScope.EVERYTHING, ""))
    fills = [each for each in market.alice.reports() if isinstance(each, OrderFilled | MassCancelMissed)]
    assert [type(each) for each in fills] == [OrderFilled, MassCancelMissed]
    assert market.exchange.risk(0).orders == market.exchange.risk(1).orders == {}


@pytest.mark.parametrize(("scope", "name", "gone"), SWITCHES)
def test_it_stands_over_a_restart_until_it_is_lifted(
    market: Market, scope: KillScope, name: str, gone: set[str]
) -> None:
    market.decide(turn(scope, name))
    for shard in ("risk/0", "risk/1"):
        market.exchange.shards[shard].snapshot()
        market.exchange.start(shard)
    again = next(replace(each, client_order_id="again") for each in ALL if each.client_order_id in gone)
    market.alice.reports()
    (refused,) = market.say(market.alice, again)
    assert isinstance(refused, OrderRejected)
    market.decide(turn(scope, name, False))
    lifted, accepted = market.say(market.alice, replace(again, client_order_id="once more"))
    assert lifted == KillSwitchChanged(6, scope, name, False, 0, 0, 0)
    assert isinstance(accepted, OrderAccepted)
    assert b"kills" not in market.exchange.shards["risk/0"].machine.snapshot()


def test_of_two_switches_each_is_lifted_by_itself_and_the_narrower_is_told(market: Market) -> None:
    for switch in ((KillScope.EVERYTHING, ""), (KillScope.ACCOUNT, "alice.main")):
        market.decide(turn(*switch))
    market.alice.reports()
    (first,) = market.say(market.alice, replace(ALL[0], client_order_id="1"))
    assert first.bound == KillScope.ACCOUNT
    market.decide(turn(KillScope.ACCOUNT, "alice.main", False))
    (_, second) = market.say(market.alice, replace(ALL[0], client_order_id="2"))
    assert (second.reason, second.bound) == (Reason.KILLED, KillScope.EVERYTHING)


def test_repeated_it_keeps_its_time(market: Market) -> None:
    market.decide(turn(KillScope.EVERYTHING, ""))
    market.exchange.tick(9_000)
    answers = thrown(market.decide(turn(KillScope.EVERYTHING, "")))
    assert [each.since_ms for each in answers] == [5_000] * 4
    assert [each.asked for each in answers[2:]] == [0, 0]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        (KillScope.ACCOUNT, Reason.ACCOUNT_UNKNOWN),
        (KillScope.PARTICIPANT, Reason.PARTICIPANT_UNKNOWN),
        (KillScope.INSTRUMENT, Reason.INSTRUMENT_UNKNOWN),
    ],
)
def test_a_switch_for_what_is_not_there_is_refused(market: Market, scope: KillScope, reason: Reason) -> None:
    assert market.decide(turn(scope, "none"))[-1] == DecisionRefused(OPERATOR, 1, 2, reason)


def test_no_participant_can_throw_one(market: Market) -> None:
    assert market.say(market.alice, turn(KillScope.EVERYTHING, "")) == [
        CommandRefused(6, Reason.TYPE_UNKNOWN, 0, 220)
    ]


def test_the_log_alone_tells_which_switches_stand_and_who_obeys_them(market: Market) -> None:
    identity = market.exchange.identity
    verifier = Verifier(identity.exchange_id, identity.genesis_id, "decisions/0", identity.mac_key)

    def standing() -> list[StandingSwitch]:
        return standing_switches(market.exchange.log, verifier, "test")

    assert standing() == []
    market.decide(turn(KillScope.EVERYTHING, ""))
    market.decide(turn(KillScope.ACCOUNT, "alice.other"))
    everything = StandingSwitch(KillScope.EVERYTHING, "", 5_000, (0, 1))
    assert standing()[1:] == [everything]
    assert standing()[0][:3] == (KillScope.ACCOUNT, "alice.other", 5_000)
    # A shard that was restarted says it all again: what was lifted stays so.
    market.decide(turn(KillScope.ACCOUNT, "alice.other", False))
    market.exchange.forget_snapshots()
    for shard in ("risk/0", "risk/1"):
        market.exchange.start(shard)
    market.exchange.settle()
    assert standing() == [everything]


def test_an_order_that_is_stopped_by_nothing_trades_on(market: Market) -> None:
    market.decide(turn(KillScope.PARTICIPANT, "alice"))
    *_, accepted = market.say(market.bob, order("b", "X-USD", Side.BUY, 96, "bob.main"))
    assert isinstance(accepted, OrderAccepted)
