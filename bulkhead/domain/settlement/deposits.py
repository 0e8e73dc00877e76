"""Deposit: from the outside world to an account, and on to risk, which could not know of it otherwise."""

from bulkhead.domain.ledger.commands import Transfer
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.settlement.model import WORLD, Settlement


def deposit(settlement: Settlement, command: Deposit, out: Outbox) -> None:
    book_deposit(settlement, command)
    account_id = command.account_id
    out.send(
        settlement.risk[settlement.slots[account_id]],
        DepositSettled(account_id, command.asset_id, command.amount),
    )


def book_deposit(settlement: Settlement, command: Deposit) -> None:
    account_id, asset_id = command.account_id, command.asset_id
    settlement.open_account(WORLD, asset_id)
    settlement.open_account(account_id, asset_id)
    settlement.book([Transfer(settlement.next_transfer_id(), WORLD, account_id, asset_id, command.amount)])
