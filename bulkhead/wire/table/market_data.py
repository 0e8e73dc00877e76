"""The public feed, and its snapshots."""

from bulkhead.domain.messages import market_data
from bulkhead.wire.kinds import BLOB, ID, LOTS, TICKS, U32, U63, optional
from bulkhead.wire.table.entry import PHASE, SIDE, entry

MARKET_DATA = (
    entry(
        50,
        market_data.DepthAdded,
        instrument_id=ID,
        order_id=U63,
        side=SIDE,
        price_ticks=TICKS,
        quantity_lots=LOTS,
    ),
    entry(51, market_data.DepthReduced, instrument_id=ID, order_id=U63, quantity_lots=LOTS),
    entry(52, market_data.DepthRemoved, instrument_id=ID, order_id=U63),
    entry(
        53,
        market_data.TradePublished,
        instrument_id=ID,
        trade_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        aggressor_side=optional(SIDE),
        resting_order_id=optional(U63),
        time_ms=U63,
    ),
    entry(54, market_data.PhasePublished, instrument_id=ID, phase=PHASE),
    entry(
        160,
        market_data.IndicativePublished,
        instrument_id=ID,
        price_ticks=optional(TICKS),
        quantity_lots=LOTS,
    ),
    entry(161, market_data.UnpricedAdded, instrument_id=ID, order_id=U63, side=SIDE, quantity_lots=LOTS),
    entry(
        162,
        market_data.BandsPublished,
        instrument_id=ID,
        static_ticks=optional(TICKS),
        dynamic_ticks=optional(TICKS),
        reference_ticks=optional(TICKS),
    ),
    entry(163, market_data.MarkPricePublished, instrument_id=ID, price_ticks=TICKS),
)

MARKET_SNAPSHOTS = (
    entry(170, market_data.SnapshotBegun, sequence=U63, position=BLOB, events=U32),
    entry(171, market_data.TotalsTold, instrument_id=ID, orders_added=U63, trades=U63, volume_lots=U63),
)
