"""A trade of one who came and one who waited, told to the public feed; what it is to either side: fill.py."""

from bulkhead.domain.book.outcomes import Traded
from bulkhead.domain.book_partition.fill import fill
from bulkhead.domain.book_partition.kept_trades import KeptTrade
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.book_partition.public_feed import shrunk
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.market_data import TradePublished
from bulkhead.domain.terms import Role, Side


def traded(partition: BookPartition, instrument: TradedInstrument, event: Traded, out: Outbox) -> None:
    resting, aggressor = event.resting, event.aggressor
    instrument.trades += 1
    trade_id, price_ticks, quantity_lots = instrument.trades, event.price_ticks, event.quantity_lots
    out.send(
        partition.market_data,
        TradePublished(
            instrument.instrument_id,
            trade_id,
            price_ticks,
            quantity_lots,
            aggressor.side,
            resting.order_id if ticket(resting).shown_lots else 0,
            partition.time_ms,
        ),
    )
    shrunk(partition, instrument, resting, event.resting_remaining_lots, out)
    maker = fill(partition, instrument, resting, Role.MAKER, event, trade_id, out)
    taker = fill(partition, instrument, aggressor, Role.TAKER, event, trade_id, out)
    buy, sell = (taker, maker) if aggressor.side is Side.BUY else (maker, taker)
    instrument.kept_trades.add(trade_id, KeptTrade(price_ticks, quantity_lots, buy, sell, False))
