"""Opening an account, and closing it."""

from bulkhead.domain.ledger.commands import (
    CREDITS_MUST_NOT_EXCEED_DEBITS,
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    Applied,
    CloseAccount,
    OpenAccount,
    RefusalReason,
    Refused,
    Result,
)
from bulkhead.domain.ledger.contents import Account, Contents

_BOTH = DEBITS_MUST_NOT_EXCEED_CREDITS | CREDITS_MUST_NOT_EXCEED_DEBITS


def open_account(ledger: Contents, command: OpenAccount) -> Result:
    """Open an account with nothing on it."""
    key = (command.account_id, command.asset_id)
    account = ledger.accounts.get(key)
    if account is not None:
        if account.flags != command.flags:
            return Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT)
        return Applied(exists=True)
    if command.flags & _BOTH == _BOTH:
        return Refused(RefusalReason.FLAGS_ARE_MUTUALLY_EXCLUSIVE)
    ledger.accounts[key] = Account(command.account_id, command.asset_id, command.flags)
    return Applied()


def close_account(ledger: Contents, command: CloseAccount) -> Result:
    """Forget an account: debits go on to equal credits, since its own are equal."""
    key = (command.account_id, command.asset_id)
    account = ledger.accounts.get(key)
    if account is None:
        return Refused(RefusalReason.UNKNOWN_ACCOUNT)
    if account.debits_pending or account.credits_pending:
        return Refused(RefusalReason.HAS_BALANCE, account.debits_pending, account.credits_pending)
    if account.debits_posted != account.credits_posted:
        return Refused(RefusalReason.HAS_BALANCE, account.debits_posted, account.credits_posted)
    del ledger.accounts[key]
    return Applied()
