"""What the matching caused, told to everybody it concerns: risk, settlement, the public feed."""

from collections.abc import Sequence

from bulkhead.domain.book.outcomes import (
    Canceled,
    CancelReason,
    Indicative,
    Outcome,
    PhaseChanged,
    Replaced,
    Rested,
    Traded,
    Uncrossed,
)
from bulkhead.domain.book.terms import UNPRICED_TYPES
from bulkhead.domain.book_partition.auctions import indicative, phase_changed, uncrossed, unpriced_rested
from bulkhead.domain.book_partition.breaker import CircuitBreaker
from bulkhead.domain.book_partition.fill import fill
from bulkhead.domain.book_partition.kept_trades import KeptTrade
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.market_data import DepthAdded, DepthReduced, DepthRemoved, TradePublished
from bulkhead.domain.messages.orders import OrderRemoved
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, Role, Side

CANCEL_REASONS = {
    CancelReason.REQUESTED: Reason.REQUESTED,
    CancelReason.MARKET: Reason.MARKET,
    CancelReason.IOC: Reason.IMMEDIATE_OR_CANCEL,
    CancelReason.FOK: Reason.FILL_OR_KILL,
    CancelReason.PHASE: Reason.PHASE,
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
        elif kind is PhaseChanged:
            phase_changed(partition, instrument, outcome, out)  # type: ignore[arg-type]
        elif kind is Indicative:
            indicative(partition, instrument, outcome, out)  # type: ignore[arg-type]
        elif kind is Uncrossed:
            uncrossed(partition, instrument, outcome, out)  # type: ignore[arg-type]
    if instrument.regime.breaker is not None:
        _break_circuit(partition, instrument, instrument.regime.breaker, outcomes, out)


def _break_circuit(
    partition: BookPartition,
    instrument: TradedInstrument,
    breaker: CircuitBreaker,
    outcomes: Sequence[Outcome],
    out: Outbox,
) -> None:
    if breaker.trips(partition.tick, outcomes) and instrument.book.phase is Phase.CONTINUOUS:
        breaker.forget()
        tell(partition, instrument, instrument.book.set_phase(breaker.phase), out)
        pause = breaker.pause_clock_ticks
        instrument.regime.ends_at_tick = partition.tick + pause if pause else 0


def _rested(partition: BookPartition, instrument: TradedInstrument, event: Rested, out: Outbox) -> None:
    order = event.order
    if order.order_type in UNPRICED_TYPES:
        unpriced_rested(partition, instrument, event, out)
        return
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
        TradePublished(
            instrument_id,
            trade_id,
            price_ticks,
            quantity_lots,
            aggressor.side,
            resting.order_id,
            partition.time_ms,
        ),
    )
    out.send(
        partition.market_data,
        DepthReduced(instrument_id, resting.order_id, event.resting_remaining_lots)
        if event.resting_remaining_lots
        else DepthRemoved(instrument_id, resting.order_id),
    )
    maker = fill(partition, instrument, resting, Role.MAKER, event, trade_id, out)
    taker = fill(partition, instrument, aggressor, Role.TAKER, event, trade_id, out)
    buy, sell = (taker, maker) if aggressor.side is Side.BUY else (maker, taker)
    instrument.kept_trades.add(trade_id, KeptTrade(price_ticks, quantity_lots, buy, sell, False))
