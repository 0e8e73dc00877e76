"""MoveSlots: slots go from one risk shard to another, one move at a time, in parts if that is said.

Control says nothing of these slots to the new shard before that one has said that it expects them, and
nothing to the old one after LeaveSlots: each of its own messages is for the shard that can take it. What
would have to reach participants on both, or on their way, waits until the move is over. Of those who write
through gateways the lanes go first (lanes.py).

A part is a move like any other, and the next one begins when the new shard has it: who is not in it trades
on, on the old shard or on the new one.
"""

from typing import Any

from bulkhead.domain.control.lanes import all_taken, give_lanes
from bulkhead.domain.control.model import SLOTS, Control, Kind, Move
from bulkhead.domain.control.shards import founded
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import ReleaseOrders
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.lanes import LaneTaken
from bulkhead.domain.messages.listing import AddAccount, AddAsset, AddParticipant, ListInstrument, SetFees
from bulkhead.domain.messages.mass import OperatorMassCancel
from bulkhead.domain.messages.moving import ExpectSlots, LeaveSlots, MoveSlots, SlotsExpected, SlotsMoved
from bulkhead.domain.reasons import Reason


def move_slots(control: Control, event: MoveSlots, out: Outbox) -> Reason | None:
    """Why not, if not. `decisions` is told SlotsMoved when it is done."""
    refusal = control.why_no_move(event, control.risk, control.risk_numbers())
    if refusal is not None:
        return refusal
    if not 0 <= event.slots_at_once <= SLOTS:
        return Reason.SLOTS_ELSEWHERE
    slots = event.first_slot, event.last_slot
    _begin(control, control.begin_move(*slots, event.old, event.new, Kind.RISK, event.slots_at_once), out)
    return None


def _begin(control: Control, move: Move, out: Outbox) -> None:
    give_lanes(control, move, out)
    if not control.lanes:
        _expect(move, out)


def lane_taken(control: Control, event: LaneTaken, out: Outbox) -> None:
    """The slots follow the last of their lanes."""
    move = control.move
    assert move is not None  # it waits for this
    control.lanes[event.participant_id] = True
    if all_taken(control):
        _expect(move, out)


def _expect(move: Move, out: Outbox) -> None:
    out.send(f"orders/{move.new}", ExpectSlots(move.number, move.first_slot, move.last_slot, move.old))


def slots_expected(control: Control, event: SlotsExpected, out: Outbox) -> None:
    """The new shard keeps what it hears of them: from here on it is told what concerns them."""
    move = control.move
    assert move is not None  # only one is under way, and this is said once
    for slot in move.slots:
        control.risk[slot] = move.new
    control.lanes = {}
    shards = control.book_shards, control.settlement_shards
    leave = LeaveSlots(move.number, move.first_slot, move.last_slot, move.new, *shards)
    out.send(f"orders/{move.old}", leave)


def slots_moved(control: Control, event: SlotsMoved, out: Outbox) -> None:
    if control.founding is not None:
        founded(control, control.founding, event, out)
        return
    move = control.move
    if move is not None and move.last_slot < move.end_slot:
        rest = move.last_slot + 1, move.end_slot
        _begin(control, control.begin_move(*rest, move.old, move.new, move.kind, move.slots_at_once), out)
        return
    control.move = None
    out.send(DECISIONS, event)


def waits(control: Control, decision: Any) -> bool:
    """Whether a decision has to wait for the move, or the new risk shard, that is under way. For settlement
    shards nothing does. What concerns one participant waits for its own part of a move only: before, it is
    told to the old shard, which gives it away, and afterwards to the new one.
    """
    if control.founding is not None and control.founding.kind is Kind.RISK:
        return _concerns_all(decision) or isinstance(decision, AddAsset | ListInstrument)
    move = control.move
    if move is None or move.kind is not Kind.RISK:
        return False
    match decision:
        case _ if _concerns_all(decision):
            return True
        case ListInstrument(book=book):
            return book == control.book_shards  # a new book would not be asked to switch
        case AddParticipant(slot=slot):
            return slot in move.slots
        case AddAccount(participant_id=participant_id):
            # Its deposits come from settlement, which may not have switched.
            return control.participants.get(participant_id) in move.slots
    return False


def _concerns_all(decision: Any) -> bool:
    """Participants of every risk shard; kill switches apart, which never wait."""
    match decision:
        case OperatorMassCancel(participant_id=participant_id, account_id=account_id):
            return participant_id is None and account_id is None
    return isinstance(decision, ReleaseOrders | SetFees)
