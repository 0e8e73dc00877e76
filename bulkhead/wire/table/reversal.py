"""Busts and corrections: from an operator to all whom a trade concerns."""

from bulkhead.domain.messages import reversal
from bulkhead.wire.kinds import BOOL, ID, KEY, LOTS, SIGNED_AMOUNT, TEXT, TICKS, U63, optional
from bulkhead.wire.table.entry import REASON, SIDE, entry

_DECISION = {"public_key": KEY, "epoch": U63, "sequence": U63}
_REPORT = {
    "last_sequence": U63,
    "account_id": ID,
    "order_id": U63,
    "instrument_id": ID,
    "side": SIDE,
    "trade_id": U63,
    "price_ticks": TICKS,
    "quantity_lots": LOTS,
    "fee_amount": SIGNED_AMOUNT,
}

REVERSAL = (
    entry(188, reversal.BustTrade, instrument_id=ID, trade_id=U63, reason=TEXT),
    entry(189, reversal.CorrectTrade, instrument_id=ID, trade_id=U63, price_ticks=TICKS, reason=TEXT),
    entry(
        190,
        reversal.ReverseTrade,
        **_DECISION,
        instrument_id=ID,
        trade_id=U63,
        price_ticks=optional(TICKS),
    ),
    entry(
        191,
        reversal.FillReversed,
        instrument_id=ID,
        trade_id=U63,
        account_id=ID,
        order_id=U63,
        side=SIDE,
        quantity_lots=LOTS,
        price_ticks=TICKS,
        fee_amount=SIGNED_AMOUNT,
        corrected_price_ticks=optional(TICKS),
        corrected_fee_amount=SIGNED_AMOUNT,
    ),
    entry(
        192,
        reversal.BalanceNegative,
        last_sequence=U63,
        account_id=ID,
        asset_id=ID,
        negative=BOOL,
        balance=SIGNED_AMOUNT,
    ),
    entry(193, reversal.TradeBusted, **_REPORT),
    entry(
        194,
        reversal.TradeCorrected,
        **_REPORT,
        previous_price_ticks=TICKS,
        previous_fee_amount=SIGNED_AMOUNT,
    ),
    entry(195, reversal.TradeBustPublished, instrument_id=ID, trade_id=U63),
    entry(196, reversal.TradeCorrectionPublished, instrument_id=ID, trade_id=U63, price_ticks=TICKS),
    entry(
        197,
        reversal.TradeReversed,
        **_DECISION,
        instrument_id=ID,
        trade_id=U63,
        quantity_lots=LOTS,
        price_ticks=TICKS,
        corrected_price_ticks=optional(TICKS),
        buyer=ID,
        buyer_fee_amount=SIGNED_AMOUNT,
        seller=ID,
        seller_fee_amount=SIGNED_AMOUNT,
    ),
    entry(
        198, reversal.ReversalRefused, **_DECISION, reason=REASON, bound=SIGNED_AMOUNT, actual=SIGNED_AMOUNT
    ),
)
