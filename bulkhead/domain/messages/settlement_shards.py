"""Settlement shards, and the slots whose accounts they have: an operator's decision, and what shards say to
each other about it.

A ledger refuses no leg, and legs add up in any order: so nothing has to be kept or refused while slots move.
At the decision control tells, all at once, the new shard whose the slots' accounts are (DefineSlot,
OpenAccount), every book to say their legs to the new one (SettleElsewhere), and the old one to give them away
(GiveAccounts). Behind its last leg for the old shard each book says so to it (SlotsSwitched). Behind the last
of these words the old one has heard all that it will hear: it says what the accounts have (BalanceComes,
SlotsGiven), which the new one adds to what it has booked meanwhile, and tells (SlotsMoved).

`move_id`: the number of the move; moves of risk shards' slots have numbers of the same row.
"""

from bulkhead.domain.message import message


@message
class MoveSettlementSlots:
    """Operator -> control: the accounts of the slots' participants go to another settlement shard."""

    first_slot: int
    last_slot: int
    """included; all of them are on the shard `old`"""
    old: int
    new: int
    reason: str = ""
    """the operator's words, for who reads the log later"""


@message
class AddSettlementShard:
    """Operator -> control: there is one more, without slots, when `decisions` is told so (SlotsMoved)."""

    settlement_shard: int
    """the next number: as many as there are, retired ones counted"""
    reason: str = ""


@message
class RetireSettlementShard:
    """Operator -> control: a settlement shard without slots ends, for ever, when `decisions` is told so
    (SlotsMoved): what fees and deposits have left there another one has then.
    """

    settlement_shard: int
    reason: str = ""


@message
class SettleElsewhere:
    """Control -> every book: from here on legs of these slots are for the new settlement shard."""

    move_id: int
    first_slot: int
    last_slot: int
    old: int
    new: int


@message
class DefineSlot:
    """Control -> the new settlement shard: whose accounts, opened next, are here from now on."""

    participant_id: str
    slot: int


@message
class GiveAccounts:
    """Control -> the old settlement shard: control itself says all that follows about them to the new one."""

    move_id: int
    first_slot: int
    last_slot: int
    new: int
    book_shards: int
    """how many there are, which all have to switch"""


@message
class GiveRest:
    """Control -> a settlement shard that ends: all that it still has, which is the exchange's own, goes."""

    move_id: int
    new: int


@message
class BalanceComes:
    """The old settlement shard -> the new one: all that it has booked to an account, which is gone there."""

    account_id: str
    asset_id: str
    debit_amount: int
    """smallest units: all that was posted, as on the other side"""
    credit_amount: int


@message
class SettlementRetired:
    """Control -> the clock, books and risk shards: nothing is said to this settlement shard any more."""

    settlement_shard: int


@message
class DefineSettlement:
    """A settlement shard -> the new one: what a trade of this instrument moves."""

    instrument_id: str
    base_asset_id: str
    quote_asset_id: str
