"""Settlement shards, while the exchange trades: slots that move between them, one more, one less.

A move says everything at once, and nothing waits for its end but another one: the new shard knows from here
on whose the accounts are, and may book what it hears of them before their balances have come.
"""

from bulkhead.domain.control import distribution
from bulkhead.domain.control.model import SLOTS, Control, Founding, Kind
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import DefineShards, OpenAccount, SetBehaviour
from bulkhead.domain.messages.settlement_shards import (
    AddSettlementShard,
    DefineSlot,
    GiveAccounts,
    GiveRest,
    MoveSettlementSlots,
    RetireSettlementShard,
    SettleElsewhere,
    SettlementRetired,
)
from bulkhead.domain.messages.shards import GiveDefinitions
from bulkhead.domain.reasons import Reason


def move_settlement_slots(control: Control, event: MoveSettlementSlots, out: Outbox) -> Reason | None:
    """Why not, if not. `decisions` is told SlotsMoved when it is done."""
    refusal = control.why_no_move(event, control.settlement, control.settlement_numbers())
    if refusal is not None:
        return refusal
    move = control.begin_move(event.first_slot, event.last_slot, event.old, event.new, Kind.SETTLEMENT)
    for slot in move.slots:
        control.settlement[slot] = move.new
    new = f"settlement/{move.new}"
    members = {name: slot for name, slot in sorted(control.participants.items()) if slot in move.slots}
    for participant_id, slot in members.items():
        out.send(new, DefineSlot(participant_id, slot))
    for account_id, participant_id in sorted(control.accounts.items()):
        if participant_id in members:
            out.send(new, OpenAccount(account_id, participant_id))
    elsewhere = SettleElsewhere(move.number, move.first_slot, move.last_slot, move.old, move.new)
    for number in range(control.book_shards):
        out.send(f"books/{number}", elsewhere)
    give = GiveAccounts(move.number, move.first_slot, move.last_slot, move.new, control.book_shards)
    out.send(f"settlement/{move.old}", give)
    return None


def add_settlement_shard(control: Control, event: AddSettlementShard, out: Outbox) -> Reason | None:
    """Why not, if not. What instruments move, which control does not keep, another one tells it."""
    if control.is_moving:
        return Reason.SLOT_MOVING
    if control.behaviour_change is not None:
        return Reason.BEHAVIOUR_CHANGING  # it would be told neither version in its turn
    if event.settlement_shard != control.settlement_shards or event.settlement_shard >= SLOTS:
        return Reason.SHARD_NUMBER
    giver = control.settlement_numbers()[0]
    control.moves += 1
    founding = control.founding = Founding(control.moves, event.settlement_shard, Kind.SETTLEMENT)
    control.settlement_shards += 1
    shards = DefineShards(control.risk_shards, control.book_shards, control.settlement_shards)
    out.send("clock/0", shards)
    new = f"settlement/{founding.new}"
    out.send(new, SetBehaviour(control.behaviour_version))
    for run in distribution.slot_runs(control):
        out.send(new, run)
    out.send(f"settlement/{giver}", GiveDefinitions(founding.number, founding.new))
    return None


def retire_settlement_shard(control: Control, event: RetireSettlementShard, out: Outbox) -> Reason | None:
    """Why not, if not. What it still has goes as slots do, to the first of those that stay."""
    number = event.settlement_shard
    if control.is_moving:
        return Reason.SLOT_MOVING
    if number >= control.settlement_shards:
        return Reason.SHARD_UNKNOWN
    if number in control.retired_settlement:
        return Reason.SHARD_RETIRED
    if control.behaviour_change is not None:
        return Reason.BEHAVIOUR_CHANGING  # who waits for it would wait for ever
    if number in control.settlement:
        return Reason.SHARD_HAS_SLOTS
    settlement_retired(control, SettlementRetired(number), out)
    no_slots = 1, 0
    move = control.begin_move(*no_slots, number, control.settlement_numbers()[0], Kind.SETTLEMENT)
    out.send(f"settlement/{number}", GiveRest(move.number, move.new))
    return None


def settlement_retired(control: Control, event: SettlementRetired, out: Outbox) -> None:
    """Of the genesis: of an exchange that is founded as another one has become."""
    control.retired_settlement.add(event.settlement_shard)
    risk = (f"orders/{number}" for number in control.risk_numbers())
    books = (f"books/{number}" for number in range(control.book_shards))
    for destination in ("clock/0", *books, *risk):
        out.send(destination, event)
