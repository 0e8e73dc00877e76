"""What control tells a book partition: the genesis, time."""

from bulkhead.domain.book.book_rules import BookRules
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book_partition.collar_feed import follow_market
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.book_partition.phases import time_passes
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.behaviour import BehaviourLeft, TakeBehaviour
from bulkhead.domain.messages.control import (
    DefineInstrument,
    SetBehaviour,
    SetOrderRules,
    SetSlots,
    Tick,
)
from bulkhead.domain.messages.market_data import PhasePublished
from bulkhead.domain.terms import Phase


def set_behaviour(partition: BookPartition, event: SetBehaviour, out: Outbox) -> None:
    partition.behaviour.set(event.version)


def take_behaviour(partition: BookPartition, event: TakeBehaviour, out: Outbox) -> None:
    partition.behaviour.take(event, out)


def leave_behaviour(partition: BookPartition, event: BehaviourLeft, out: Outbox) -> None:
    partition.behaviour.leave(event, out)


def set_slots(partition: BookPartition, event: SetSlots, out: Outbox) -> None:
    settlement = f"settlement/{event.settlement_shard}"
    for slot in range(event.first_slot, event.last_slot + 1):
        partition.settlement[slot] = settlement


def define_instrument(partition: BookPartition, event: DefineInstrument, out: Outbox) -> None:
    if event.book != partition.partition or event.instrument_id in partition.instruments:
        return  # of another book; a changed definition reaches the book when a machine needs it
    minimum_lots = event.pro_rata_minimum_lots
    instrument = TradedInstrument(
        event.instrument_id,
        event.lot_units,
        event.tick_lot_units,
        (event.price_min_ticks, event.price_max_ticks),
        ProRata(event.top_order, minimum_lots) if minimum_lots else None,
    )
    partition.instruments[event.instrument_id] = instrument
    if event.phase is not Phase.CONTINUOUS:
        instrument.book.set_phase(event.phase)
    out.send(partition.market_data, PhasePublished(event.instrument_id, event.phase))


def set_order_rules(partition: BookPartition, event: SetOrderRules, out: Outbox) -> None:
    instrument = partition.instruments.get(event.instrument_id)
    if instrument is not None:
        instrument.book.rules = BookRules(event.least_display_lots, event.early_auction_orders)


def tick(partition: BookPartition, event: Tick, out: Outbox) -> None:
    """Move every book's time, too: gtd orders end by it."""
    partition.tick, partition.time_ms = event.number, event.time_ms
    for _, instrument in sorted(partition.instruments.items()):
        if not instrument.regime.isolated:
            tell(partition, instrument, instrument.book.tick(event.time_ms), out)
    time_passes(partition, out)
    for _, instrument in sorted(partition.instruments.items()):
        collar = instrument.regime.collar
        if collar is not None and not instrument.regime.isolated:
            follow_market(partition, instrument, collar, True, out)
