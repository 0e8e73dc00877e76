"""Slots that move to another risk shard."""

from bulkhead.domain.messages import moving
from bulkhead.wire.kinds import ID, KEY, PART, TEXT, U16, U63, later
from bulkhead.wire.table.entry import entry

MOVING = (
    entry(
        174,
        moving.MoveSlots,
        first_slot=U16,
        last_slot=U16,
        old=U16,
        new=U16,
        reason=TEXT,
        slots_at_once=later(U16),
    ),
    entry(175, moving.ExpectSlots, move_id=U63, first_slot=U16, last_slot=U16, old=U16),
    entry(176, moving.SlotsExpected, move_id=U63),
    entry(
        177,
        moving.LeaveSlots,
        move_id=U63,
        first_slot=U16,
        last_slot=U16,
        new=U16,
        book_shards=U16,
        settlement_shards=U16,
    ),
    entry(178, moving.SlotsLeaving, move_id=U63, first_slot=U16, last_slot=U16, old=U16, new=U16),
    entry(179, moving.SlotsSwitched, move_id=U63, shard=ID),
    entry(116, moving.SlotsState, move_id=U63, section=ID, rows=PART),
    entry(117, moving.SlotsGiven, move_id=U63),
    entry(118, moving.SlotsMoved, move_id=U63),
    entry(114, moving.MovedAway, last_sequence=U63, risk_shard=U16, move_id=U63),
    entry(
        115,
        moving.MovedHere,
        last_sequence=U63,
        risk_shard=U16,
        public_key=KEY,
        epoch=U63,
        last=U63,
        move_id=U63,
    ),
)
