"""Slots that move to another risk or settlement shard: whom orders and legs are told to from then on.

An order's id says which risk shard issued it. Once its slot has moved that is not who has it.
"""

from bulkhead.domain.book_partition.model import BookPartition, ticket
from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.moving import SlotsLeaving, SlotsSwitched
from bulkhead.domain.messages.settlement_shards import SettleElsewhere
from bulkhead.domain.order_ids import RISK_SHARDS


def slots_leaving(partition: BookPartition, event: SlotsLeaving, out: Outbox) -> None:
    if event.new >= RISK_SHARDS:
        raise Impossible(f"no order id has room for risk shard {event.new}")
    slots = range(event.first_slot, event.last_slot + 1)
    partition.moved.update(dict.fromkeys(slots, event.new))
    risk = f"orders/{event.new}"
    for instrument in partition.instruments.values():
        for order in instrument.book.orders():
            owner = ticket(order)
            if owner.slot in slots:
                owner.risk = risk
    out.send(f"orders/{event.old}", SlotsSwitched(event.move_id, f"book/{partition.partition}"))


def settle_elsewhere(partition: BookPartition, event: SettleElsewhere, out: Outbox) -> None:
    """The old settlement shard has heard its last leg of these slots."""
    for slot in range(event.first_slot, event.last_slot + 1):
        partition.settlement[slot] = f"settlement/{event.new}"
    out.send(f"settlement/{event.old}", SlotsSwitched(event.move_id, f"book/{partition.partition}"))
