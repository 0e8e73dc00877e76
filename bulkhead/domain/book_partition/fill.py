"""One side of a trade, told to who has to know: its fill to risk, its novated leg to settlement."""

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Traded, Uncrossed
from bulkhead.domain.book_partition.kept_trades import KeptSide
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.fees import charged
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.orders import OrderExecuted
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.terms import Role


def fill(
    partition: BookPartition,
    instrument: TradedInstrument,
    order: BookOrder,
    role: Role,
    event: Traded | Uncrossed,
    trade_id: int,
    out: Outbox,
) -> KeptSide:
    """With its fee, which is counted up over the order's fills; what is kept of it."""
    owner = ticket(order)
    price_ticks, quantity_lots = event.price_ticks, event.quantity_lots
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
    return KeptSide(order.order_id, owner.account_id, owner.slot, rate, fee_amount)
