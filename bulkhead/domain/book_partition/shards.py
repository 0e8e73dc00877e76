"""Which shards there are to speak to. A new risk shard is told at once how each instrument is traded."""

from bulkhead.domain.book_partition.model import BookPartition
from bulkhead.domain.machine import Impossible, Outbox
from bulkhead.domain.messages.control import DefineShards
from bulkhead.domain.messages.limits import CollarMoved
from bulkhead.domain.messages.orders import PhaseChanged
from bulkhead.domain.messages.settlement_shards import SettlementRetired
from bulkhead.domain.messages.shards import ShardRetired
from bulkhead.domain.order_ids import RISK_SHARDS
from bulkhead.domain.terms import Phase


def define_shards(partition: BookPartition, event: DefineShards, out: Outbox) -> None:
    if event.risk_shards > RISK_SHARDS:
        raise Impossible(f"no order id has room for {event.risk_shards} risk shards")
    new = range(partition.risk_shards, event.risk_shards)
    partition.risk_shards = event.risk_shards
    for shard in new:
        for _, instrument in sorted(partition.instruments.items()):
            name, regime = instrument.instrument_id, instrument.regime
            phase = Phase.HALTED if regime.isolated else instrument.book.phase
            out.send(f"orders/{shard}", PhaseChanged(name, phase))
            if regime.collar is not None:
                collar = CollarMoved(name, regime.collar.per_mille, regime.collar.told_ticks)
                out.send(f"orders/{shard}", collar)


def shard_retired(partition: BookPartition, event: ShardRetired, out: Outbox) -> None:
    partition.retired.add(event.risk_shard)


def settlement_retired(partition: BookPartition, event: SettlementRetired, out: Outbox) -> None:
    """It has no slots: no leg would go there; nor does what is said to all of them."""
    partition.behaviour.ended.add(event.settlement_shard)
