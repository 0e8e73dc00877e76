"""Operators' decisions about what bounds a participant and what an account may do: passed on to its risk
shard, which answers in `decisions`.
"""

from bulkhead.domain.control.distribution import tell_risk
from bulkhead.domain.control.model import Control
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.limits import (
    SetAccountState,
    SetAccountStateForOperator,
    SetLimit,
    SetLimitForOperator,
    ShowLimits,
    ShowLimitsForOperator,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.sessions import Session
from bulkhead.domain.terms import AccountState

_STATES = frozenset(AccountState)


def set_limit(control: Control, session: Session, event: SetLimit, out: Outbox) -> Reason | None:
    """Why not, if not. Whether there is such a limit the risk shard knows."""
    participant_id, account_id = event.participant_id, event.account_id
    if participant_id not in control.participants:
        return Reason.PARTICIPANT_UNKNOWN
    if account_id is not None and control.accounts.get(account_id) != participant_id:
        return Reason.ACCOUNT_UNKNOWN
    decision = SetLimitForOperator(
        session.public_key,
        session.epoch,
        session.last,
        participant_id,
        account_id,
        event.kind,
        event.asset_id,
        event.bound,
    )
    tell_risk(control, participant_id, decision, out)
    return None


def set_account_state(
    control: Control, session: Session, event: SetAccountState, out: Outbox
) -> Reason | None:
    """Why not, if not."""
    owner = control.accounts.get(event.account_id)
    if owner is None:
        return Reason.ACCOUNT_UNKNOWN
    if event.state not in _STATES:
        return Reason.STATE_UNKNOWN
    state = AccountState(event.state)
    decision = (session.public_key, session.epoch, session.last)
    tell_risk(control, owner, SetAccountStateForOperator(*decision, event.account_id, state), out)
    return None


def show_limits(control: Control, session: Session, event: ShowLimits, out: Outbox) -> Reason | None:
    """Why not, if not."""
    if event.participant_id not in control.participants:
        return Reason.PARTICIPANT_UNKNOWN
    decision = (session.public_key, session.epoch, session.last)
    tell_risk(control, event.participant_id, ShowLimitsForOperator(*decision, event.participant_id), out)
    return None
