"""The price collar: the book tells risk which price orders are held against, and risk refuses.

Each risk shard is told at a tick where the price has moved since it was told, and at once where it has moved
by half of what the collar allows: so it is never much behind, a busy market costs a few messages a second,
and the collar follows the market when time stands still.
"""

from bulkhead.domain.book_partition.collar import Collar
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.limits import CollarMoved
from bulkhead.domain.messages.trading import SetPriceCollar


def set_price_collar(
    partition: BookPartition, instrument: TradedInstrument, event: SetPriceCollar, out: Outbox
) -> None:
    regime = instrument.regime
    regime.collar = Collar(event.per_mille, event.on_mark) if event.per_mille else None
    reference_ticks = None
    if regime.collar is not None:
        reference_ticks = regime.collar.told_ticks = _reference(instrument, regime.collar)
    _tell(partition, CollarMoved(event.instrument_id, event.per_mille, reference_ticks), out)


def follow_market(
    partition: BookPartition, instrument: TradedInstrument, collar: Collar, at_tick: bool, out: Outbox
) -> None:
    """Tell risk of a price that has moved, between ticks only if it has moved far."""
    reference_ticks = _reference(instrument, collar)
    if reference_ticks is None or reference_ticks == collar.told_ticks:
        return
    if at_tick or collar.is_far(reference_ticks):
        collar.told_ticks = reference_ticks
        _tell(partition, CollarMoved(instrument.instrument_id, collar.per_mille, reference_ticks), out)


def _reference(instrument: TradedInstrument, collar: Collar) -> int | None:
    """The mark price, or the last trade price; before the first trade what an operator said it was."""
    book = instrument.book
    if collar.on_mark:
        return book.mark_price_ticks
    return book.reference_ticks if book.last_price_ticks is None else book.last_price_ticks


def _tell(partition: BookPartition, message: CollarMoved, out: Outbox) -> None:
    for risk in partition.all_risk():
        out.send(risk, message)
