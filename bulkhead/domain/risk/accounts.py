"""What an operator lets an account do."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.limits import (
    AccountStateChanged,
    AccountStateTold,
    SetAccountStateForOperator,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.model import Account, Risk
from bulkhead.domain.terms import AccountState


def check_account(account: Account) -> Refusal | None:
    """Whether new orders and replaces are taken."""
    if account.state is AccountState.ACTIVE:
        return None
    suspended = account.state is AccountState.SUSPENDED
    return (Reason.ACCOUNT_SUSPENDED if suspended else Reason.ACCOUNT_CLOSE_ONLY), 0, 0


def check_account_cancels(account: Account) -> Refusal | None:
    """Whether cancels are taken."""
    return (Reason.ACCOUNT_SUSPENDED, 0, 0) if account.state is AccountState.SUSPENDED else None


def set_account_state_for_operator(risk: Risk, event: SetAccountStateForOperator, out: Outbox) -> None:
    account = risk.accounts[event.account_id]
    participant = account.participant
    before, account.state = account.state, event.state
    if before is not event.state:
        out.send(
            participant.reports,
            AccountStateTold(participant.last_sequence, account.account_id, event.state),
        )
    decision = event.public_key, event.epoch, event.sequence, risk.shard
    out.send(DECISIONS, AccountStateChanged(*decision, before, event.state))
