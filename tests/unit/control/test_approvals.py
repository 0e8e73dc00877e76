"""Decisions that need two operators: what waits, who counts, how it ends; kept over a restart."""

from hashlib import sha256
from typing import Any

import pytest

from bulkhead.domain.control.approvals import GROUPS, PROPOSALS_MAX
from bulkhead.domain.control.operators import ANSWERED, COMMANDS
from bulkhead.domain.messages.approvals import (
    ApproveDecision,
    DecisionGroup,
    DecisionProposed,
    Ending,
    ProposalEnded,
    RequireApprovals,
    WithdrawDecision,
)
from bulkhead.domain.messages.control import ReleaseOrders, SetPhase
from bulkhead.domain.messages.decisions import ChangeMade, DecisionRefused, DecisionTaken
from bulkhead.domain.messages.limits import LimitChanged, SetLimit, ShowLimits
from bulkhead.domain.messages.processes import ChangeProcess
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.wire.codec import encode
from tests.property.exchange_topology import TEXT
from tests.support.exchange import MemoryExchange, messages_in
from tests.support.operator import Operator

TWO_OPERATORS = f"{TEXT}keys: {{operators: [operator, second, third]}}\n"
CUT = SetLimit("carol", None, LimitKind.OPEN_ORDERS, None, 3, "too many")
DIGEST = sha256(encode(CUT)).digest()
EXPIRE_CLOCK_TICKS = 5


class Desk:
    """Limits need two operators, halts three."""

    def __init__(self) -> None:
        self.exchange = MemoryExchange(TWO_OPERATORS)
        self.exchange.control(
            RequireApprovals(DecisionGroup.LIMITS, 2, EXPIRE_CLOCK_TICKS),
            RequireApprovals(DecisionGroup.TRADING, 3, EXPIRE_CLOCK_TICKS),
            RequireApprovals(DecisionGroup.KEYS, 1, EXPIRE_CLOCK_TICKS),
        )
        self.first, self.second, self.third = (
            Operator(self.exchange, name) for name in ("operator", "second", "third")
        )
        self._decisions = self.exchange.log.reader("decisions/0", "test")
        self.exchange.settle()

    def say(self, operator: Operator, message: Any) -> list[Any]:
        """What is told to operators of the decision, after that its session was opened."""
        operator.decide(message)
        return self.heard()[1:]

    def heard(self) -> list[Any]:
        self.exchange.settle()
        return [message for _, message in messages_in(self._decisions)]

    def tick(self, number: int) -> None:
        self.exchange.tick(1_000 + number)
        self.exchange.settle()

    @property
    def open_orders_max(self) -> int:
        return self.exchange.risk(0).participants["carol"].open_orders_max

    def restart(self) -> None:
        self.exchange.shards["control/0"].snapshot()
        self.exchange.start("control/0")


@pytest.fixture(name="desk")
def _desk() -> Desk:
    return Desk()


def test_a_decision_waits_until_another_operator_has_signed_for_exactly_it(desk: Desk) -> None:
    first, second = desk.first.public_key, desk.second.public_key
    assert desk.say(desk.first, CUT) == [
        DecisionProposed(first, 1, 2, DIGEST, 2, EXPIRE_CLOCK_TICKS, encode(CUT))
    ]
    assert desk.open_orders_max == 10_000
    desk.restart()
    other = sha256(encode(SetLimit("carol", None, LimitKind.OPEN_ORDERS, None, 4, "too many"))).digest()
    assert desk.say(desk.second, ApproveDecision(other, "")) == [
        DecisionRefused(second, 1, 2, Reason.PROPOSAL_UNKNOWN)
    ]
    assert desk.say(desk.second, ApproveDecision(DIGEST, "seen")) == [
        ProposalEnded(DIGEST, Ending.EXECUTED),
        DecisionTaken(second, 2, 2),
        DecisionTaken(first, 1, 2),
        LimitChanged(first, 1, 2, 0, 10_000, 3),
    ]
    assert desk.open_orders_max == 3
    assert desk.say(desk.third, ApproveDecision(DIGEST, "late")) == [
        DecisionRefused(desk.third.public_key, 1, 2, Reason.PROPOSAL_UNKNOWN)
    ]


def test_the_same_operator_twice_does_not_count(desk: Desk) -> None:
    desk.say(desk.first, CUT)
    assert desk.say(desk.first, ApproveDecision(DIGEST, "me again")) == [
        DecisionRefused(desk.first.public_key, 2, 2, Reason.PROPOSAL_OWN)
    ]
    assert desk.say(desk.first, CUT) == [
        DecisionRefused(desk.first.public_key, 3, 2, Reason.PROPOSAL_REPEATED)
    ]
    assert desk.open_orders_max == 10_000


def test_where_three_are_needed_two_are_not_enough_and_one_of_them_does_not_count_twice(desk: Desk) -> None:
    halt = SetPhase("X-USD", Phase.HALTED, "three", 77)
    digest = sha256(encode(halt)).digest()
    desk.say(desk.first, halt)
    assert desk.say(desk.second, ApproveDecision(digest, "")) == [DecisionTaken(desk.second.public_key, 1, 2)]
    desk.restart()
    assert desk.say(desk.second, ApproveDecision(digest, "")) == [
        DecisionRefused(desk.second.public_key, 2, 2, Reason.PROPOSAL_OWN)
    ]
    told = desk.say(desk.third, ApproveDecision(digest, ""))
    assert told == [
        ProposalEnded(digest, Ending.EXECUTED),
        DecisionTaken(desk.third.public_key, 1, 2),
        DecisionTaken(desk.first.public_key, 1, 2),
        ChangeMade("X-USD", 77, Phase.HALTED),
    ]


def test_what_can_not_be_carried_out_is_refused_to_its_proposer_when_it_is_approved(desk: Desk) -> None:
    nobody = SetLimit("nobody", None, LimitKind.OPEN_ORDERS, None, 3, "a slip")
    desk.say(desk.first, nobody)
    told = desk.say(desk.second, ApproveDecision(sha256(encode(nobody)).digest(), ""))
    assert told[-1] == DecisionRefused(desk.first.public_key, 1, 2, Reason.PARTICIPANT_UNKNOWN)


def test_a_decision_that_waits_too_long_has_ended(desk: Desk) -> None:
    desk.say(desk.first, CUT)
    for number in range(EXPIRE_CLOCK_TICKS - 1):
        desk.tick(number)
    assert desk.heard() == []
    desk.restart()
    desk.tick(EXPIRE_CLOCK_TICKS)
    assert desk.heard() == [ProposalEnded(DIGEST, Ending.EXPIRED)]
    assert desk.say(desk.second, ApproveDecision(DIGEST, ""))[0].reason is Reason.PROPOSAL_UNKNOWN
    assert isinstance(desk.say(desk.first, CUT)[0], DecisionProposed)


def test_any_operator_may_withdraw_it(desk: Desk) -> None:
    desk.say(desk.first, CUT)
    assert desk.say(desk.third, WithdrawDecision(DIGEST, "no")) == [
        ProposalEnded(DIGEST, Ending.WITHDRAWN),
        DecisionTaken(desk.third.public_key, 1, 2),
    ]
    assert desk.say(desk.third, WithdrawDecision(DIGEST, "no"))[0].reason is Reason.PROPOSAL_UNKNOWN


def test_no_more_wait_than_may(desk: Desk) -> None:
    for number in range(PROPOSALS_MAX):
        desk.say(desk.first, SetLimit("carol", None, LimitKind.OPEN_ORDERS, None, number, ""))
    assert desk.say(desk.first, CUT)[0].reason is Reason.PROPOSALS_FULL


def test_what_needs_one_operator_or_only_asks_is_taken_at_once(desk: Desk) -> None:
    assert isinstance(desk.say(desk.first, ReleaseOrders("X-USD", "lost"))[0], DecisionTaken)
    assert isinstance(desk.say(desk.first, ShowLimits("carol"))[0], DecisionTaken)
    moved = ChangeProcess("replace", "actor", "book/0", "boundary: btc -> second", "a new machine")
    before = desk.exchange.domain("control/0").state()
    assert isinstance(desk.say(desk.first, moved)[0], DecisionTaken)
    sessions = {"operators", "tick"}
    after = desk.exchange.domain("control/0").state()
    assert {name for name in after if after[name] != before[name]} <= sessions


def test_every_decision_that_changes_what_a_machine_knows_has_a_group() -> None:
    assert {*COMMANDS, *ANSWERED} - GROUPS.keys() == {ShowLimits, ChangeProcess}


def test_the_topology_says_which_decisions_need_how_many_operators_and_for_how_long_they_wait() -> None:
    exchange = MemoryExchange(f"{TWO_OPERATORS}approvals: {{limits: 2, trades: 3, within_s: 60}}\n")
    assert exchange.domain("control/0").state()["approvals"] == [[1, 2, 600], [5, 3, 600]]


def test_an_exchange_without_the_rule_keeps_nothing_of_it() -> None:
    assert not {"approvals", "proposals"} & set(MemoryExchange().domain("control/0").state())
