"""A trade, told to everybody: the public feed; of either side the fill to risk, the leg to settlement."""

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Traded
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.book_partition.public_feed import shrunk
from bulkhead.domain.fees import charged
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.market_data import TradePublished
from bulkhead.domain.messages.orders import OrderExecuted
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.terms import Role


def traded(partition: BookPartition, instrument: TradedInstrument, event: Traded, out: Outbox) -> None:
    resting, aggressor = event.resting, event.aggressor
    instrument.trades += 1
    out.send(
        partition.market_data,
        TradePublished(
            instrument.instrument_id,
            instrument.trades,
            event.price_ticks,
            event.quantity_lots,
            aggressor.side,
            resting.order_id if ticket(resting).shown_lots else 0,
        ),
    )
    shrunk(partition, instrument, resting, event.resting_remaining_lots, out)
    _fill(partition, instrument, resting, Role.MAKER, event, out)
    _fill(partition, instrument, aggressor, Role.TAKER, event, out)


def _fill(
    partition: BookPartition,
    instrument: TradedInstrument,
    order: BookOrder,
    role: Role,
    event: Traded,
    out: Outbox,
) -> None:
    """One side of a trade: its fee, its fill to risk, its novated leg to settlement."""
    owner = ticket(order)
    trade_id, price_ticks, quantity_lots = instrument.trades, event.price_ticks, event.quantity_lots
    notional = price_ticks * quantity_lots * instrument.tick_lot_units
    rate = owner.maker_fee_rate if role is Role.MAKER else owner.taker_fee_rate
    fee_amount = charged(owner.fee_basis + rate * notional) - charged(owner.fee_basis)
    owner.fee_basis += rate * notional
    out.send(
        owner.risk, OrderExecuted(order.order_id, trade_id, price_ticks, quantity_lots, role, fee_amount)
    )
    out.send(
        partition.settlement[owner.slot],
        SettleLeg(
            instrument.instrument_id,
            trade_id,
            owner.account_id,
            order.side,
            quantity_lots * instrument.lot_units,
            notional,
            fee_amount,
        ),
    )
