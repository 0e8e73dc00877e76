"""What an account may do, by an operator's decision: what is beyond is refused, and its participant told."""

import pytest

from bulkhead.domain.messages.decisions import DecisionRefused
from bulkhead.domain.messages.limits import AccountStateChanged, AccountStateTold, SetAccountState
from bulkhead.domain.messages.mass import MassCancel, RequestRejected
from bulkhead.domain.messages.participant import CancelOrder, ReplaceOrder
from bulkhead.domain.messages.reports import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    ReplaceRejected,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import AccountState
from tests.unit.risk.limited import Limited, order


@pytest.fixture(name="limited")
def _limited() -> Limited:
    return Limited()


def test_an_account_that_is_close_only_may_cancel_and_nothing_else(limited: Limited) -> None:
    limited.told(order("a"))
    answers = limited.decide(SetAccountState("carol.main", AccountState.CLOSE_ONLY, "a margin call"))
    key = limited.operator.public_key
    assert answers[-1] == AccountStateChanged(key, 1, 2, 0, AccountState.ACTIVE, AccountState.CLOSE_ONLY)
    assert limited.carol.reports() == [AccountStateTold(2, "carol.main", AccountState.CLOSE_ONLY)]
    limited.restart()
    told = limited.told(order("b"), ReplaceOrder("carol.main", "a", 101, 5), CancelOrder("carol.main", "a"))
    assert [type(report) for report in told] == [OrderRejected, ReplaceRejected, OrderCanceled]
    assert {report.reason for report in told[:2]} == {Reason.ACCOUNT_CLOSE_ONLY}


def test_one_that_is_suspended_may_do_nothing_until_it_is_active_again(limited: Limited) -> None:
    limited.told(order("a"))
    limited.decide(SetAccountState("carol.main", AccountState.SUSPENDED, "a court order"))
    told = limited.told(
        order("b"),
        CancelOrder("carol.main", "a"),
        MassCancel("all", "carol.main", None, None, None),
    )
    assert [type(report) for report in told] == [OrderRejected, CancelRejected, RequestRejected]
    assert {report.reason for report in told} == {Reason.ACCOUNT_SUSPENDED}
    limited.decide(SetAccountState("carol.main", AccountState.ACTIVE, "it is over"))
    assert [type(report) for report in limited.told(order("c"), CancelOrder("carol.main", "a"))] == [
        OrderAccepted,
        OrderCanceled,
    ]


def test_who_decides_it_again_is_answered_and_the_participant_not_told(limited: Limited) -> None:
    for _ in range(2):
        answers = limited.decide(SetAccountState("carol.main", AccountState.SUSPENDED, "again"))
        assert isinstance(answers[-1], AccountStateChanged)
    assert len(limited.carol.reports()) == 1


@pytest.mark.parametrize(
    ("account_id", "state", "reason"),
    [("nobody", 1, Reason.ACCOUNT_UNKNOWN), ("carol.main", 0, Reason.STATE_UNKNOWN)],
)
def test_no_such_account_or_state_is_refused(
    limited: Limited, account_id: str, state: int, reason: Reason
) -> None:
    *_, answer = limited.decide(SetAccountState(account_id, state, "by mistake"))
    assert answer == DecisionRefused(limited.operator.public_key, 1, 2, reason)
