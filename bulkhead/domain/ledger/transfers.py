"""Transfers, posted at once or pending."""

from bulkhead.domain.ledger.commands import (
    AMOUNT_MAX,
    CREDITS_MUST_NOT_EXCEED_DEBITS,
    DEBITS_MUST_NOT_EXCEED_CREDITS,
    TRANSFER_ID_MAX,
    Applied,
    RefusalReason,
    Refused,
    Result,
    Transfer,
)
from bulkhead.domain.ledger.contents import Contents, PendingStatus


def transfer(ledger: Contents, command: Transfer) -> Result:
    """Refuse the transfer, or move its amount."""
    transfer_id, amount = command.transfer_id, command.amount
    if not 1 <= transfer_id <= TRANSFER_ID_MAX:
        return Refused(RefusalReason.TRANSFER_ID, TRANSFER_ID_MAX, transfer_id)
    earlier = ledger.movements.get(transfer_id)
    if earlier is not None:
        if earlier != command:
            return Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT)
        return Applied(exists=True)
    if not 1 <= amount <= AMOUNT_MAX:
        return Refused(RefusalReason.AMOUNT, 1 if amount < 1 else AMOUNT_MAX, amount)
    if command.debit_account_id == command.credit_account_id:
        return Refused(RefusalReason.SAME_ACCOUNT)
    debit = ledger.accounts.get((command.debit_account_id, command.asset_id))
    credit = ledger.accounts.get((command.credit_account_id, command.asset_id))
    if debit is None or credit is None:
        return Refused(RefusalReason.UNKNOWN_ACCOUNT)
    debit_sum = debit.debits_pending + debit.debits_posted + amount
    credit_sum = credit.credits_pending + credit.credits_posted + amount
    if debit_sum > AMOUNT_MAX or credit_sum > AMOUNT_MAX:
        return Refused(RefusalReason.OVERFLOW, AMOUNT_MAX, max(debit_sum, credit_sum))
    if debit.flags & DEBITS_MUST_NOT_EXCEED_CREDITS and debit_sum > debit.credits_posted:
        return Refused(RefusalReason.EXCEEDS_CREDITS, debit.credits_posted, debit_sum)
    if credit.flags & CREDITS_MUST_NOT_EXCEED_DEBITS and credit_sum > credit.debits_posted:
        return Refused(RefusalReason.EXCEEDS_DEBITS, credit.debits_posted, credit_sum)
    ledger.movements[transfer_id] = command
    if command.pending:
        ledger.pending[transfer_id] = PendingStatus.WAITING
        ledger.add(command, pending=amount, posted=0)
    else:
        ledger.add(command, pending=0, posted=amount)
    return Applied()


def undo_transfer(ledger: Contents, command: Transfer) -> None:
    """Take back a transfer that `transfer` has just applied."""
    del ledger.movements[command.transfer_id]
    if command.pending:
        del ledger.pending[command.transfer_id]
        ledger.add(command, pending=-command.amount, posted=0)
    else:
        ledger.add(command, pending=0, posted=-command.amount)
