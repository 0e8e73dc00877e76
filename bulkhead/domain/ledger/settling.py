"""Posting and voiding a pending transfer.

Neither can overflow or exceed a flag's limit: what it adds to a posted sum was in the pending one.
"""

from bulkhead.domain.ledger.commands import (
    TRANSFER_ID_MAX,
    Applied,
    Movement,
    Post,
    RefusalReason,
    Refused,
    Result,
    Transfer,
    Void,
)
from bulkhead.domain.ledger.contents import Contents, PendingStatus


def settle(ledger: Contents, command: Post | Void) -> Result:
    """Refuse the command, or post or void the pending transfer, which is then settled for good."""
    if not 1 <= command.transfer_id <= TRANSFER_ID_MAX:
        return Refused(RefusalReason.TRANSFER_ID, TRANSFER_ID_MAX, command.transfer_id)
    pending = ledger.movements.get(command.pending_id)
    effect = _effect(command, pending)
    earlier = ledger.movements.get(command.transfer_id)
    if earlier is not None:
        if earlier != effect:
            return Refused(RefusalReason.EXISTS_WITH_DIFFERENT_CONTENT)
        return Applied(exists=True)
    if isinstance(command, Post) and command.amount is not None and command.amount < 0:
        return Refused(RefusalReason.AMOUNT, 0, command.amount)
    if pending is None:
        return Refused(RefusalReason.PENDING_NOT_FOUND)
    if not isinstance(pending, Transfer) or not pending.pending:
        return Refused(RefusalReason.PENDING_NOT_PENDING)
    status = ledger.pending[pending.transfer_id]
    if status == PendingStatus.POSTED:
        return Refused(RefusalReason.ALREADY_POSTED)
    if status == PendingStatus.VOIDED:
        return Refused(RefusalReason.ALREADY_VOIDED)
    posted = posted_amount(effect)
    if posted > pending.amount:
        return Refused(RefusalReason.EXCEEDS_PENDING_AMOUNT, pending.amount, posted)
    ledger.movements[command.transfer_id] = effect
    ledger.pending[pending.transfer_id] = (
        PendingStatus.POSTED if isinstance(command, Post) else PendingStatus.VOIDED
    )
    ledger.add(pending, pending=-pending.amount, posted=posted)
    return Applied()


def undo_settle(ledger: Contents, command: Post | Void) -> None:
    """Take back what `settle` has just applied."""
    effect = ledger.movements.pop(command.transfer_id)
    pending = ledger.movements[command.pending_id]
    assert isinstance(pending, Transfer)  # `settle` applied it
    ledger.pending[pending.transfer_id] = PendingStatus.WAITING
    ledger.add(pending, pending=pending.amount, posted=-posted_amount(effect))


def posted_amount(effect: Movement) -> int:
    """What a movement, as it took effect, moves to posted."""
    return effect.amount if isinstance(effect, Post) and effect.amount is not None else 0


def _effect(command: Post | Void, pending: Movement | None) -> Post | Void:
    """What the command comes to: a post without an amount posts all of the pending transfer."""
    if isinstance(command, Post) and command.amount is None and isinstance(pending, Transfer):
        return Post(command.transfer_id, command.pending_id, pending.amount)
    return command
