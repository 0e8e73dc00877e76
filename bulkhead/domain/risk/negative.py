"""A balance below zero: what its participant is told when it becomes so, and when it has ended.

Fills that were undone, and those of a lost book, may cost what has been used elsewhere meanwhile. No order
that needs the asset is taken then, since less than nothing is available.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.reversal import BalanceNegative
from bulkhead.domain.risk.model import Account


def tell_if_it_changed(account: Account, asset_id: str, before: int, out: Outbox) -> None:
    """`before`: the balance before what has just changed it."""
    balance = account.balance(asset_id).total
    if (balance < 0) is not (before < 0):
        participant = account.participant
        out.send(
            participant.reports,
            BalanceNegative(participant.last_sequence, account.account_id, asset_id, balance < 0, balance),
        )
