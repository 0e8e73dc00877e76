"""What the ledger is asked, and what it answers."""

from enum import StrEnum, unique
from typing import Final

from bulkhead.domain.message import message

TRANSFER_ID_MAX: Final = 2**63 - 1
AMOUNT_MAX: Final = 2**128 - 1

# Bits of an account's `flags`.
DEBITS_MUST_NOT_EXCEED_CREDITS: Final = 1
CREDITS_MUST_NOT_EXCEED_DEBITS: Final = 2


@unique
class RefusalReason(StrEnum):
    """Why a command was refused; the first that applies, in this order."""

    TRANSFER_ID = "transfer_id"
    EXISTS_WITH_DIFFERENT_CONTENT = "exists_with_different_content"
    AMOUNT = "amount"
    SAME_ACCOUNT = "same_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    OVERFLOW = "overflow"
    EXCEEDS_CREDITS = "exceeds_credits"
    EXCEEDS_DEBITS = "exceeds_debits"
    PENDING_NOT_FOUND = "pending_not_found"
    PENDING_NOT_PENDING = "pending_not_pending"
    ALREADY_POSTED = "already_posted"
    ALREADY_VOIDED = "already_voided"
    EXCEEDS_PENDING_AMOUNT = "exceeds_pending_amount"
    FLAGS_ARE_MUTUALLY_EXCLUSIVE = "flags_are_mutually_exclusive"
    HAS_BALANCE = "has_balance"


@message
class OpenAccount:
    """`flags`: DEBITS_MUST_NOT_EXCEED_CREDITS (debits pending and posted are at most credits posted) or
    CREDITS_MUST_NOT_EXCEED_DEBITS (the mirror image), or 0."""

    account_id: str
    asset_id: str
    flags: int = 0


@message
class CloseAccount:
    """Of an account with nothing pending, and as much on either side: what it had has gone elsewhere."""

    account_id: str
    asset_id: str


@message
class Transfer:
    """Move `amount`, in the asset's smallest units, from debit to credit; `pending`: only reserve it."""

    transfer_id: int
    debit_account_id: str
    credit_account_id: str
    asset_id: str
    amount: int
    pending: bool = False


@message
class Post:
    """Move `amount` of a pending transfer to posted, None: all of it, and give the rest back."""

    transfer_id: int
    pending_id: int
    amount: int | None = None


@message
class Void:
    """Give all of a pending transfer back."""

    transfer_id: int
    pending_id: int


Movement = Transfer | Post | Void


@message
class Applied:
    """The command took effect; `exists`: it had done so before, and nothing changed now."""

    exists: bool = False


@message
class Refused:
    """Nothing changed. `bound` and `actual` explain the reason, in the asset's smallest units:

    AMOUNT, OVERFLOW, EXCEEDS_PENDING_AMOUNT: the limit, the value; EXCEEDS_CREDITS, EXCEEDS_DEBITS: the
    other side's posted sum, what this side's sum would be; TRANSFER_ID: the highest id, the id; HAS_BALANCE:
    debits, credits; otherwise 0.
    `index` is the place of the refused command among linked ones, from 0.
    """

    reason: RefusalReason
    bound: int = 0
    actual: int = 0
    index: int = 0


Result = Applied | Refused
