"""Slots whose accounts go to another settlement shard, or come from one; what is left of a shard that ends.

Every account is paid out to the house here, and paid in from the house there, both its sides: so its sums go
along, each shard balances by itself all the while, and the house comes to nothing over all of them when all
has arrived. The new shard may have booked legs to the account before: in whatever order they are added, the
sums are the same.

Legs of a leaving account that wait for their instrument there are none: a book that was told of an instrument
behind SettleElsewhere says its legs to the new shard, and one that was told before it is known here, too, by
GiveAccounts.
"""

from bulkhead.domain.ledger.commands import Movement, Transfer
from bulkhead.domain.ledger.contents import Account
from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.moving import SlotsGiven, SlotsMoved, SlotsSwitched
from bulkhead.domain.messages.settlement_shards import BalanceComes, DefineSlot, GiveAccounts, GiveRest
from bulkhead.domain.settlement.model import HOUSE, Leaving, Settlement


def give_accounts(settlement: Settlement, event: GiveAccounts, out: Outbox) -> None:
    leaving = _leaving(settlement, event.move_id)
    leaving.asked = event
    _look(settlement, leaving, out)


def slots_switched(settlement: Settlement, event: SlotsSwitched, out: Outbox) -> None:
    """May come before control's word: there is no order between two streams."""
    leaving = _leaving(settlement, event.move_id)
    if event.shard in leaving.switched:
        raise Impossible(f"{event.shard} has switched twice for move {event.move_id}")
    leaving.switched.add(event.shard)
    _look(settlement, leaving, out)


def _leaving(settlement: Settlement, move_id: int) -> Leaving:
    leaving = settlement.leaving
    if leaving is None:
        leaving = settlement.leaving = Leaving(move_id)
    if leaving.move_id != move_id:
        raise Impossible(f"move {move_id} begins, and move {leaving.move_id} has not ended")
    return leaving


def _look(settlement: Settlement, leaving: Leaving, out: Outbox) -> None:
    """Give them away, if all that will ever be heard of them here has been heard."""
    asked = leaving.asked
    if asked is None or len(leaving.switched) < asked.book_shards:
        return
    settlement.leaving = None
    slots = range(asked.first_slot, asked.last_slot + 1)
    gone = {account_id for account_id, slot in settlement.slots.items() if slot in slots}
    accounts = [each for each in settlement.ledger.all_accounts() if each.account_id in gone]
    _pay_out(settlement, accounts, asked.new, asked.move_id, out)
    settlement.slots = {name: slot for name, slot in settlement.slots.items() if name not in gone}
    stay = {name: slot for name, slot in settlement.participants.items() if slot not in slots}
    settlement.participants = stay


def give_rest(settlement: Settlement, event: GiveRest, out: Outbox) -> None:
    """The house holds nothing afterwards, on a shard that balances by itself."""
    accounts = [each for each in settlement.ledger.all_accounts() if each.account_id != HOUSE]
    _pay_out(settlement, accounts, event.new, event.move_id, out)
    for account in list(settlement.ledger.all_accounts()):
        settlement.close_account(account)


def _pay_out(settlement: Settlement, accounts: list[Account], new: int, move_id: int, out: Outbox) -> None:
    destination = f"settlement/{new}"
    for account in accounts:
        account_id, asset_id = account.account_id, account.asset_id
        debit_amount, credit_amount = account.debits_posted, account.credits_posted
        _pass(settlement, account_id, asset_id, credit_amount, debit_amount)
        settlement.close_account(account)
        out.send(destination, BalanceComes(account_id, asset_id, debit_amount, credit_amount))
    out.send(destination, SlotsGiven(move_id))


def _pass(
    settlement: Settlement, account_id: str, asset_id: str, debit_amount: int, credit_amount: int
) -> None:
    """Add to both sides of an account, with the house."""
    settlement.open_account(account_id, asset_id)
    settlement.open_account(HOUSE, asset_id)
    movements: list[Movement] = [
        Transfer(settlement.next_transfer_id(), debit, credit, asset_id, amount)
        for debit, credit, amount in ((account_id, HOUSE, debit_amount), (HOUSE, account_id, credit_amount))
        if amount
    ]
    if movements:
        settlement.book(movements)


def define_slot(settlement: Settlement, event: DefineSlot, out: Outbox) -> None:
    settlement.participants[event.participant_id] = event.slot


def balance_comes(settlement: Settlement, event: BalanceComes, out: Outbox) -> None:
    _pass(settlement, event.account_id, event.asset_id, event.debit_amount, event.credit_amount)


def slots_given(settlement: Settlement, event: SlotsGiven, out: Outbox) -> None:
    out.send("control/0", SlotsMoved(event.move_id))
