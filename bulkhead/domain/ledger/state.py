"""The canonical plain state of a ledger, and the way back from it.

Sorted by value, so that two ledgers that behave alike have the same state. An amount is 16 bytes,
big-endian, as on the wire: no codec carries an integer of 128 bits.
"""

from typing import Any, TypedDict

from bulkhead.domain.ledger.commands import Post, Transfer, Void
from bulkhead.domain.ledger.contents import Account, Contents, PendingStatus


class LedgerState(TypedDict):
    """Rows, by account id and asset id, and by transfer id:

    accounts: [account_id, asset_id, flags, debits_pending, debits_posted, credits_pending, credits_posted]
    transfers: [transfer_id, debit_account_id, credit_account_id, asset_id, amount, status], status 0 for a
    transfer posted at once, else its PendingStatus
    posts: [transfer_id, pending_id, amount]
    voids: [transfer_id, pending_id]
    """

    accounts: list[list[Any]]
    transfers: list[list[Any]]
    posts: list[list[Any]]
    voids: list[list[Any]]


def state(ledger: Contents) -> LedgerState:
    """The ledger as plain structures; later commands do not change them."""
    saved: LedgerState = {"accounts": [], "transfers": [], "posts": [], "voids": []}
    for _, account in sorted(ledger.accounts.items()):
        sums = (
            account.debits_pending,
            account.debits_posted,
            account.credits_pending,
            account.credits_posted,
        )
        saved["accounts"].append(
            [account.account_id, account.asset_id, account.flags, *(_to_bytes(amount) for amount in sums)]
        )
    for transfer_id, movement in sorted(ledger.movements.items()):
        if isinstance(movement, Transfer):
            saved["transfers"].append(
                [
                    transfer_id,
                    movement.debit_account_id,
                    movement.credit_account_id,
                    movement.asset_id,
                    _to_bytes(movement.amount),
                    int(ledger.pending[transfer_id]) if movement.pending else 0,
                ]
            )
        elif isinstance(movement, Post):
            assert movement.amount is not None  # a post is kept as it took effect
            saved["posts"].append([transfer_id, movement.pending_id, _to_bytes(movement.amount)])
        else:
            saved["voids"].append([transfer_id, movement.pending_id])
    return saved


def load(ledger: Contents, saved: LedgerState) -> None:
    """Fill an empty ledger with what `state` gave."""
    for account_id, asset_id, flags, *sums in saved["accounts"]:
        ledger.accounts[account_id, asset_id] = Account(account_id, asset_id, flags, *map(_to_int, sums))
    for transfer_id, debit_account_id, credit_account_id, asset_id, amount, status in saved["transfers"]:
        ledger.movements[transfer_id] = Transfer(
            transfer_id, debit_account_id, credit_account_id, asset_id, _to_int(amount), status != 0
        )
        if status:
            ledger.pending[transfer_id] = PendingStatus(status)
    for transfer_id, pending_id, amount in saved["posts"]:
        ledger.movements[transfer_id] = Post(transfer_id, pending_id, _to_int(amount))
    for transfer_id, pending_id in saved["voids"]:
        ledger.movements[transfer_id] = Void(transfer_id, pending_id)


def _to_bytes(amount: int) -> bytes:
    return amount.to_bytes(16, "big")


def _to_int(amount: bytes) -> int:
    return int.from_bytes(amount, "big")
