"""ReverseTrade: a trade is void, or was at another price.

Everybody is told by the stream that told them of the trade, so nobody can hear of it in the wrong order: risk
that the fill is undone, settlement the opposite leg and, after a correction, the right one behind it. The
orders, the book and its last trade price stay: what the trade caused elsewhere has happened.
"""

from bulkhead.domain.book_partition.kept_trades import KeptSide, KeptTrade
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.fees import charged
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.decisions import DECISIONS
from bulkhead.domain.messages.reversal import (
    FillReversed,
    ReversalRefused,
    ReverseTrade,
    TradeBustPublished,
    TradeCorrectionPublished,
    TradeReversed,
)
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.terms import Side


def reverse_trade(partition: BookPartition, command: ReverseTrade, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    if instrument is None:
        refuse_reversal(command, Reason.INSTRUMENT_UNKNOWN, 0, 0, out)
        return
    refusal = _refusal(instrument, command)
    if refusal is not None:
        refuse_reversal(command, *refusal, out)
        return
    trade = instrument.kept_trades.get(command.trade_id)
    assert trade is not None  # _refusal
    buy = _reverse(partition, instrument, command, trade, Side.BUY, out)
    sell = _reverse(partition, instrument, command, trade, Side.SELL, out)
    instrument.kept_trades.replace(
        command.trade_id,
        KeptTrade(
            trade.price_ticks if command.price_ticks is None else command.price_ticks,
            trade.quantity_lots,
            buy,
            sell,
            command.price_ticks is None,
        ),
    )
    _tell(partition, command, trade, out)


def refuse_reversal(command: ReverseTrade, reason: Reason, bound: int, actual: int, out: Outbox) -> None:
    out.send(
        DECISIONS,
        ReversalRefused(command.public_key, command.epoch, command.sequence, reason, bound, actual),
    )


def _refusal(instrument: TradedInstrument, command: ReverseTrade) -> Refusal | None:
    price_ticks, trade_id = command.price_ticks, command.trade_id
    lowest, highest = instrument.book.price_range_ticks
    if price_ticks is not None and price_ticks < lowest:
        return Reason.PRICE_LOW, lowest, price_ticks
    if price_ticks is not None and price_ticks > highest:
        return Reason.PRICE_HIGH, highest, price_ticks
    trade = instrument.kept_trades.get(trade_id)
    if trade is None:
        if 0 < trade_id <= instrument.trades:
            return Reason.TRADE_TOO_OLD, instrument.kept_trades.oldest, trade_id
        return Reason.TRADE_UNKNOWN, instrument.trades, trade_id
    if trade.busted:
        return Reason.TRADE_BUSTED, 0, trade_id
    if price_ticks == trade.price_ticks:
        return Reason.PRICE_SAME, 0, price_ticks
    return None


def _notional(instrument: TradedInstrument, trade: KeptTrade, price_ticks: int) -> int:
    return price_ticks * trade.quantity_lots * instrument.tick_lot_units


def _reverse(
    partition: BookPartition,
    instrument: TradedInstrument,
    command: ReverseTrade,
    trade: KeptTrade,
    side: Side,
    out: Outbox,
) -> KeptSide:
    """Undo one side of a trade, and do it again at the right price, if there is one; what is kept of it then.

    The fee of a correction is that of a fill alone: the order's `fee_basis`, from which later fills are
    rounded, stays what the fills of its time made it, here and in risk.
    """
    kept, other = (trade.buy, Side.SELL) if side is Side.BUY else (trade.sell, Side.BUY)
    price_ticks, trade_id = command.price_ticks, command.trade_id
    settlement = partition.settlement[kept.slot]
    base_amount = trade.quantity_lots * instrument.lot_units

    def settle(as_side: Side, at_ticks: int, fee_amount: int) -> None:
        notional = _notional(instrument, trade, at_ticks)
        out.send(
            settlement,
            SettleLeg(
                instrument.instrument_id,
                trade_id,
                kept.account_id,
                as_side,
                base_amount,
                notional,
                fee_amount,
            ),
        )

    fee_amount = 0
    settle(other, trade.price_ticks, -kept.fee_amount)
    if price_ticks is not None:
        fee_amount = charged(kept.fee_rate * _notional(instrument, trade, price_ticks))
        settle(side, price_ticks, fee_amount)
    out.send(
        partition.risk_of(kept.order_id, kept.slot),
        FillReversed(
            instrument.instrument_id,
            trade_id,
            kept.account_id,
            kept.order_id,
            side,
            trade.quantity_lots,
            trade.price_ticks,
            kept.fee_amount,
            price_ticks,
            fee_amount,
        ),
    )
    return kept._replace(fee_amount=fee_amount)


def _tell(partition: BookPartition, command: ReverseTrade, trade: KeptTrade, out: Outbox) -> None:
    """The public feed and the operator."""
    instrument_id, trade_id, price_ticks = command.instrument_id, command.trade_id, command.price_ticks
    out.send(
        partition.market_data,
        TradeBustPublished(instrument_id, trade_id)
        if price_ticks is None
        else TradeCorrectionPublished(instrument_id, trade_id, price_ticks),
    )
    out.send(
        DECISIONS,
        TradeReversed(
            command.public_key,
            command.epoch,
            command.sequence,
            instrument_id,
            trade_id,
            trade.quantity_lots,
            trade.price_ticks,
            price_ticks,
            trade.buy.account_id,
            trade.buy.fee_amount,
            trade.sell.account_id,
            trade.sell.fee_amount,
        ),
    )
