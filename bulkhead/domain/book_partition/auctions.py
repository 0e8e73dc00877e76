"""What a phase and an auction cause, told to everybody it concerns: risk, settlement, the public feed."""

from bulkhead.domain.book.outcomes import Indicative, PhaseChanged, Uncrossed
from bulkhead.domain.book_partition.fill import fill
from bulkhead.domain.book_partition.kept_trades import KeptTrade
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.public_feed import shrunk
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages import orders
from bulkhead.domain.messages.market_data import (
    BandsPublished,
    IndicativePublished,
    PhasePublished,
    TradePublished,
)
from bulkhead.domain.terms import Phase, Role


def phase_changed(
    partition: BookPartition, instrument: TradedInstrument, event: PhaseChanged, out: Outbox
) -> None:
    """Public and every risk shard, before what the new phase brings."""
    regime = instrument.regime
    interrupted = event.phase is Phase.VOLATILITY_AUCTION and regime.interruption_clock_ticks > 0
    regime.ends_at_tick = partition.tick + regime.interruption_clock_ticks if interrupted else 0
    tell_phase(partition, instrument.instrument_id, event.phase, out)
    if instrument.book.bands is not None:
        tell_bands(partition, instrument, out)  # around the price of an auction that has just been


def tell_phase(partition: BookPartition, instrument_id: str, phase: Phase, out: Outbox) -> None:
    out.send(partition.market_data, PhasePublished(instrument_id, phase))
    for risk in partition.all_risk():
        out.send(risk, orders.PhaseChanged(instrument_id, phase))


def tell_bands(partition: BookPartition, instrument: TradedInstrument, out: Outbox) -> None:
    bands, reference_ticks = instrument.book.bands, instrument.book.reference_ticks
    widths = (None, None) if bands is None else (bands.static_ticks, bands.dynamic_ticks)
    out.send(partition.market_data, BandsPublished(instrument.instrument_id, *widths, reference_ticks))


def indicative(
    partition: BookPartition, instrument: TradedInstrument, event: Indicative, out: Outbox
) -> None:
    out.send(
        partition.market_data,
        IndicativePublished(instrument.instrument_id, event.price_ticks, event.quantity_lots),
    )


def uncrossed(partition: BookPartition, instrument: TradedInstrument, event: Uncrossed, out: Outbox) -> None:
    """A trade of two orders that rested: neither came and took, so it has no aggressor."""
    instrument.trades += 1
    trade_id = instrument.trades
    out.send(
        partition.market_data,
        TradePublished(
            instrument.instrument_id,
            trade_id,
            event.price_ticks,
            event.quantity_lots,
            None,
            None,
            partition.time_ms,
        ),
    )
    shrunk(partition, instrument, event.buy, event.buy_remaining_lots, out)
    buy = fill(partition, instrument, event.buy, Role.AUCTION, event, trade_id, out)
    shrunk(partition, instrument, event.sell, event.sell_remaining_lots, out)
    sell = fill(partition, instrument, event.sell, Role.AUCTION, event, trade_id, out)
    kept = KeptTrade(event.price_ticks, event.quantity_lots, buy, sell, False)
    instrument.kept_trades.add(trade_id, kept)
