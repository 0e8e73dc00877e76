"""What control tells a book partition: the genesis, phases, time."""

from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import (
    DefineInstrument,
    DefineShards,
    SetBehaviour,
    SetPhase,
    SetSlots,
    Tick,
)
from bulkhead.domain.messages.market_data import PhasePublished
from bulkhead.domain.messages.orders import PhaseChanged
from bulkhead.domain.terms import Phase


def set_behaviour(partition: BookPartition, event: SetBehaviour, out: Outbox) -> None:
    partition.behaviour_version = event.version


def define_shards(partition: BookPartition, event: DefineShards, out: Outbox) -> None:
    partition.risk_shards = event.risk_shards


def set_slots(partition: BookPartition, event: SetSlots, out: Outbox) -> None:
    settlement = f"settlement/{event.settlement_shard}"
    for slot in range(event.first_slot, event.last_slot + 1):
        partition.settlement[slot] = settlement


def define_instrument(partition: BookPartition, event: DefineInstrument, out: Outbox) -> None:
    if event.book != partition.partition or event.instrument_id in partition.instruments:
        return  # of another book; a changed definition reaches the book when a machine needs it
    price_range_ticks = (event.price_min_ticks, event.price_max_ticks)
    instrument = TradedInstrument(
        event.instrument_id, event.lot_units, event.tick_lot_units, price_range_ticks
    )
    partition.instruments[event.instrument_id] = instrument
    if event.phase is not Phase.CONTINUOUS:
        instrument.book.set_phase(event.phase)
    out.send(partition.market_data, PhasePublished(event.instrument_id, event.phase))


def set_phase(partition: BookPartition, event: SetPhase, out: Outbox) -> None:
    instrument = partition.instruments.get(event.instrument_id)
    if instrument is None or instrument.book.phase is event.phase:
        return
    outcomes = instrument.book.set_phase(event.phase)
    tell_phase(partition, event.instrument_id, event.phase, out)
    tell(partition, instrument, outcomes, out)


def tell_phase(partition: BookPartition, instrument_id: str, phase: Phase, out: Outbox) -> None:
    out.send(partition.market_data, PhasePublished(instrument_id, phase))
    for shard in range(partition.risk_shards):
        out.send(f"orders/{shard}", PhaseChanged(instrument_id, phase))


def tick(partition: BookPartition, event: Tick, out: Outbox) -> None:
    """Move every book's time, too: gtd orders end by it."""
    partition.tick, partition.time_ms = event.number, event.time_ms
    for instrument_id in sorted(partition.instruments):
        instrument = partition.instruments[instrument_id]
        if not instrument.is_halted:
            tell(partition, instrument, instrument.book.tick(event.time_ms), out)
