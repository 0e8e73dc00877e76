"""What the matching caused, told to everybody it concerns: risk, settlement, the public feed."""

from collections.abc import Sequence

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Canceled, CancelReason, Outcome, Replaced, Rested, Traded
from bulkhead.domain.book_partition.kept_trades import KeptSide, KeptTrade
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.fees import charged
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.market_data import DepthAdded, DepthReduced, DepthRemoved, TradePublished
from bulkhead.domain.messages.orders import OrderExecuted, OrderRemoved
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Role, Side

CANCEL_REASONS = {
    CancelReason.REQUESTED: Reason.REQUESTED,
    CancelReason.MARKET: Reason.MARKET,
    CancelReason.IOC: Reason.IMMEDIATE_OR_CANCEL,
    CancelReason.FOK: Reason.FILL_OR_KILL,
    CancelReason.BOOK_LOST: Reason.BOOK_LOST,
}


def tell(
    partition: BookPartition, instrument: TradedInstrument, outcomes: Sequence[Outcome], out: Outbox
) -> None:
    for outcome in outcomes:
        kind = type(outcome)
        if kind is Rested:
            _rested(partition, instrument, outcome, out)  # type: ignore[arg-type]  # as kind says
        elif kind is Canceled:
            _canceled(partition, instrument, outcome, out)  # type: ignore[arg-type]
        elif kind is Traded:
            _traded(partition, instrument, outcome, out)  # type: ignore[arg-type]
        elif kind is Replaced:
            _replaced(partition, instrument, outcome, out)  # type: ignore[arg-type]


def _rested(partition: BookPartition, instrument: TradedInstrument, event: Rested, out: Outbox) -> None:
    order = event.order
    out.send(
        partition.market_data,
        DepthAdded(
            instrument.instrument_id, order.order_id, order.side, event.price_ticks, event.quantity_lots
        ),
    )


def _canceled(partition: BookPartition, instrument: TradedInstrument, event: Canceled, out: Outbox) -> None:
    order = event.order
    if event.rested:
        out.send(partition.market_data, DepthRemoved(instrument.instrument_id, order.order_id))
    if event.reason is not CancelReason.REPLACED_TO_DONE:  # OrderAmended has said it
        out.send(
            ticket(order).risk,
            OrderRemoved(order.order_id, event.quantity_lots, CANCEL_REASONS[event.reason]),
        )


def _replaced(partition: BookPartition, instrument: TradedInstrument, event: Replaced, out: Outbox) -> None:
    order_id = event.order.order_id
    if event.kept_priority:
        out.send(partition.market_data, DepthReduced(instrument.instrument_id, order_id, event.quantity_lots))
    else:
        out.send(partition.market_data, DepthRemoved(instrument.instrument_id, order_id))


def _traded(partition: BookPartition, instrument: TradedInstrument, event: Traded, out: Outbox) -> None:
    resting, aggressor = event.resting, event.aggressor
    instrument.trades += 1
    trade_id = instrument.trades
    instrument_id, price_ticks, quantity_lots = (
        instrument.instrument_id,
        event.price_ticks,
        event.quantity_lots,
    )
    out.send(
        partition.market_data,
        TradePublished(instrument_id, trade_id, price_ticks, quantity_lots, aggressor.side, resting.order_id),
    )
    out.send(
        partition.market_data,
        DepthReduced(instrument_id, resting.order_id, event.resting_remaining_lots)
        if event.resting_remaining_lots
        else DepthRemoved(instrument_id, resting.order_id),
    )
    maker = _fill(partition, instrument, resting, Role.MAKER, event, trade_id, out)
    taker = _fill(partition, instrument, aggressor, Role.TAKER, event, trade_id, out)
    buy, sell = (taker, maker) if aggressor.side is Side.BUY else (maker, taker)
    instrument.kept_trades.add(trade_id, KeptTrade(price_ticks, quantity_lots, buy, sell, False))


def _fill(
    partition: BookPartition,
    instrument: TradedInstrument,
    order: BookOrder,
    role: Role,
    event: Traded,
    trade_id: int,
    out: Outbox,
) -> KeptSide:
    """One side of a trade: its fee, its fill to risk, its novated leg to settlement; what is kept of it."""
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
