"""Deposit: from the outside world to an account, and on to risk, which could not know of it otherwise."""

from bulkhead.domain.ledger.commands import Transfer
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.settlement import DepositSettled
from bulkhead.domain.settlement.model import WORLD, Settlement


def deposit(settlement: Settlement, command: Deposit, out: Outbox) -> None:
    account_id, asset_id = command.account_id, command.asset_id
    settlement.open_account(WORLD, asset_id)
    settlement.open_account(account_id, asset_id)
    settlement.book([Transfer(settlement.next_transfer_id(), WORLD, account_id, asset_id, command.amount)])
    out.send(
        settlement.risk[settlement.slots[account_id]], DepositSettled(account_id, asset_id, command.amount)
    )
