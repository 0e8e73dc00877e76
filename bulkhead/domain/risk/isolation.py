"""What of a risk shard can halt by itself: an account.

Its participant's commands about it are refused (signers.py). What books and settlement say of it has
happened: it is put aside until a corrected machine can apply it, in its order, and can't be discarded. What
is reserved stays so, at its worst, and every order ends once, when its end is applied.
"""

from typing import Any

from bulkhead.domain.isolation import Isolation
from bulkhead.domain.messages.control import (
    DefineParticipant,
    OpenAccount,
    RegisterKey,
    RevokeKey,
    SetNotionalLimit,
    SetOrderRate,
)
from bulkhead.domain.messages.kill_switch import KillScope, ThrowKillSwitch
from bulkhead.domain.messages.limits import (
    SetAccountStateForOperator,
    SetLimit,
    SetLimitForOperator,
    ShowLimitsForOperator,
)
from bulkhead.domain.messages.linked import ExitActivated
from bulkhead.domain.messages.mass import CancelForOperator
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    EntryRefused,
    OrderActivated,
    OrderAmended,
    OrderEntered,
    OrderExecuted,
    OrderMoved,
    OrderReduced,
    OrderRemoved,
    RemovalRefused,
)
from bulkhead.domain.messages.reversal import FillReversed
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.risk.answers import count_unanswered, is_answer
from bulkhead.domain.risk.model import Account, Risk

_OF_ONE_ORDER = frozenset(
    (
        OrderEntered,
        EntryRefused,
        OrderExecuted,
        OrderActivated,
        OrderMoved,
        OrderReduced,
        ExitActivated,
        OrderRemoved,
        RemovalRefused,
        OrderAmended,
        AmendmentRefused,
    )
)
_OF_ONE_ACCOUNT = frozenset((DepositSettled, FillReversed))
_OF_ONE_PARTICIPANT = frozenset(
    (
        DefineParticipant,
        SetNotionalLimit,
        SetOrderRate,
        RegisterKey,
        OpenAccount,
        SetLimit,
        SetLimitForOperator,
        ShowLimitsForOperator,
    )
)
"""decisions about one; what it names besides is the participant's"""


def account_subject(account: Account) -> str:
    return f"account {account.account_id}"


class RiskIsolation(Isolation):
    def __init__(self, risk: Risk) -> None:
        self._risk = risk

    def subject(self, message: Any) -> str:
        account = None
        if type(message) in _OF_ONE_ORDER:
            order = self._risk.orders.get(message.order_id)
            account = None if order is None else order.account
        elif type(message) in _OF_ONE_ACCOUNT:
            account = self._risk.accounts.get(message.account_id)
        return "" if account is None else account_subject(account)

    def is_stranger(self, message: Any) -> bool:
        kind, risk = type(message), self._risk
        if kind in _OF_ONE_ORDER:
            return message.order_id not in risk.orders
        if kind in _OF_ONE_ACCOUNT or kind is SetAccountStateForOperator:
            return message.account_id not in risk.accounts
        if kind in _OF_ONE_PARTICIPANT:
            return message.participant_id not in risk.participants
        if kind is RevokeKey:
            return message.public_key not in risk.sessions
        if kind is ThrowKillSwitch:
            if message.scope is KillScope.ACCOUNT:
                return message.name not in risk.accounts
            return message.scope is KillScope.PARTICIPANT and message.name not in risk.participants
        # Of all participants where it names none.
        return kind is CancelForOperator and message.participant_id not in (None, *risk.participants)

    def put_aside(self, message: Any) -> None:
        """Its command is answered, so that nobody is refused as busy for it."""
        self._count(message, -1)

    def take_up(self, message: Any) -> None:
        self._count(message, 1)

    def _count(self, message: Any, change: int) -> None:
        if type(message) in _OF_ONE_ORDER and is_answer(message):
            count_unanswered(self._risk.orders[message.order_id], change)
