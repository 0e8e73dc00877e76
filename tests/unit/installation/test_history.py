"""Every decision of an operator, once, as it was signed, with what came of it."""

from typing import Any

from bulkhead.domain.messages.approvals import ApproveDecision, DecisionGroup, RequireApprovals
from bulkhead.domain.messages.control import RevokeKey
from bulkhead.domain.messages.limits import SetLimit
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.reversal import BustTrade
from bulkhead.domain.messages.trading import SchedulePhase
from bulkhead.domain.terms import LimitKind, Phase
from bulkhead.installation.history import operator_decisions
from bulkhead.wire.codec import encode
from tests.support.exchange import MemoryExchange
from tests.support.operator import Operator
from tests.unit.control.test_approvals import CUT, DIGEST, TWO_OPERATORS

SLIP = SetLimit("carol", None, LimitKind.ORDER_SIZE, "EUR", 1, "a slip")
NOBODY = OperatorMassCancel("nobody", None, None, None, "to see")
BUST = BustTrade("X-USD", 7, "a clear error")
HALTED = SchedulePhase("X-USD", 0, Phase.HALTED, "a slip too", 99)


def history(exchange: MemoryExchange) -> list[tuple[int, Any, str]]:
    exchange.settle()
    decisions = operator_decisions(exchange.log, exchange.identity)
    return [(each.number, each.message, each.outcome) for each in decisions]


def test_each_decision_is_told_with_what_control_or_a_shard_said_to_it() -> None:
    exchange = MemoryExchange(TWO_OPERATORS)
    operator = Operator(exchange)
    ok = SetLimit("carol", None, LimitKind.ORDER_SIZE, "X", 1, "less")
    for message in (SLIP, NOBODY, BUST, HALTED, ok):
        operator.decide(message)
        exchange.settle()
    exchange.start("control/0")  # which says again what it may have said
    assert history(exchange) == [
        (1, SLIP, "refused: asset_unknown"),
        (2, NOBODY, "refused: participant_unknown"),
        (3, BUST, "refused: trade_unknown"),
        (4, HALTED, "refused: phase_unsuitable"),
        (5, ok, "taken"),
    ]


def test_one_that_waits_is_proposed_until_another_has_signed_for_it() -> None:
    exchange = MemoryExchange(TWO_OPERATORS)
    exchange.control(RequireApprovals(DecisionGroup.LIMITS, 2, 100))
    first, second = Operator(exchange), Operator(exchange, "second")
    first.decide(CUT)
    assert history(exchange) == [(1, CUT, f"proposed, as {DIGEST.hex()}")]
    second.decide(ApproveDecision(DIGEST, "seen"))
    assert [outcome for *_, outcome in history(exchange)] == ["taken", "taken"]
    found = operator_decisions(exchange.log, exchange.identity)
    assert [each.public_key for each in found] == [first.public_key, second.public_key]


def test_what_a_stranger_signed_is_no_decision_and_what_control_has_not_read_is_unanswered() -> None:
    exchange = MemoryExchange(TWO_OPERATORS)
    Operator(exchange, "alice").decide(CUT)
    Operator(exchange, "somebody").decide(CUT)
    operator = Operator(exchange)
    revoke = RevokeKey(operator.public_key, "not read yet")
    operator.decide(revoke)
    found = operator_decisions(exchange.log, exchange.identity)
    assert [(each.message, each.outcome) for each in found] == [(revoke, "unanswered")]
    assert encode(found[0].message) == encode(revoke)
