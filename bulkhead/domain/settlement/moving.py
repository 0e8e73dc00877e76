"""Slots that move to another risk shard: whom their participants' deposits are told to from then on."""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.moving import SlotsLeaving, SlotsSwitched
from bulkhead.domain.settlement.model import Settlement


def slots_leaving(settlement: Settlement, event: SlotsLeaving, out: Outbox) -> None:
    for slot in range(event.first_slot, event.last_slot + 1):
        settlement.risk[slot] = f"orders/{event.new}"
    out.send(f"orders/{event.old}", SlotsSwitched(event.move_id, f"settlement/{settlement.shard}"))
