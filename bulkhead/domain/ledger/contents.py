"""Accounts, and what is remembered of transfers."""

from dataclasses import dataclass
from enum import IntEnum

from bulkhead.domain.ledger.commands import Movement, Transfer


@dataclass(slots=True)
class Account:
    """Sums in the asset's smallest units, each 0 to AMOUNT_MAX, and so is pending plus posted of a side."""

    account_id: str
    asset_id: str
    flags: int
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0


class PendingStatus(IntEnum):
    """What became of a pending transfer."""

    WAITING = 1
    POSTED = 2
    VOIDED = 3


class Contents:
    """The data that the commands work on.

    `movements` holds every transfer, post and void that took effect, by its id, with what took effect: a
    post has its amount. `pending` holds the status of each pending transfer among them.
    The dicts are for look-up: their order is the history's, so what is walked is sorted first.
    """

    __slots__ = ("accounts", "movements", "pending")

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str], Account] = {}
        self.movements: dict[int, Movement] = {}
        self.pending: dict[int, PendingStatus] = {}

    def add(self, transfer: Transfer, pending: int, posted: int) -> None:
        """Add to the debits of the one account and, the same, to the credits of the other: double entry.

        Every change of a sum is made here.
        """
        debit = self.accounts[transfer.debit_account_id, transfer.asset_id]
        credit = self.accounts[transfer.credit_account_id, transfer.asset_id]
        debit.debits_pending += pending
        debit.debits_posted += posted
        credit.credits_pending += pending
        credit.credits_posted += posted
