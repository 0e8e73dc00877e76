"""The public feed, and its snapshots."""

from bulkhead.domain.messages import market_data
from bulkhead.wire.kinds import BLOB, ID, LOTS, TICKS, U32, U63
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
        aggressor_side=SIDE,
        resting_order_id=U63,
    ),
    entry(54, market_data.PhasePublished, instrument_id=ID, phase=PHASE),
)

MARKET_SNAPSHOTS = (
    entry(170, market_data.SnapshotBegun, sequence=U63, position=BLOB, events=U32),
    entry(171, market_data.TotalsTold, instrument_id=ID, orders_added=U63, trades=U63, volume_lots=U63),
)
