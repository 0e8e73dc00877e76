"""Risk to book, and the book's answers."""

from bulkhead.domain.messages import orders
from bulkhead.wire.kinds import BOOL, ID, LOTS, RATE, SIGNED_AMOUNT, TICKS, U16, U63, optional
from bulkhead.wire.table.entry import PHASE, REASON, ROLE, SIDE, TERMS, TIF, TYPE, entry

ENTER_ORDER = {
    "order_id": U63,
    "instrument_id": ID,
    "account_id": ID,
    "slot": U16,
    "side": SIDE,
    "order_type": TYPE,
    "time_in_force": TIF,
    "post_only": BOOL,
    "price_ticks": TICKS,
    "quantity_lots": LOTS,
    "maker_fee_rate": RATE,
    "taker_fee_rate": RATE,
    "terms": TERMS,
}

ORDERS = (
    entry(20, orders.EnterOrder, **ENTER_ORDER),
    entry(21, orders.RemoveOrder, instrument_id=ID, order_id=U63),
    entry(
        22,
        orders.AmendOrder,
        instrument_id=ID,
        order_id=U63,
        price_ticks=TICKS,
        quantity_lots=optional(LOTS),
        maker_fee_rate=RATE,
        taker_fee_rate=RATE,
        stop_price_ticks=optional(TICKS),
    ),
    entry(68, orders.ClearBook, instrument_id=ID, risk_shard=U16),
)

ANSWERS = (
    entry(30, orders.OrderEntered, order_id=U63),
    entry(31, orders.EntryRefused, order_id=U63, reason=REASON, bound=SIGNED_AMOUNT, actual=SIGNED_AMOUNT),
    entry(
        32,
        orders.OrderExecuted,
        order_id=U63,
        trade_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        role=ROLE,
        fee_amount=SIGNED_AMOUNT,
    ),
    entry(33, orders.OrderRemoved, order_id=U63, quantity_lots=LOTS, reason=REASON),
    entry(34, orders.RemovalRefused, order_id=U63, reason=REASON),
    entry(35, orders.OrderAmended, order_id=U63, price_ticks=TICKS, quantity_lots=LOTS, leaves_lots=LOTS),
    entry(
        36,
        orders.AmendmentRefused,
        order_id=U63,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        reason=REASON,
        bound=SIGNED_AMOUNT,
        actual=SIGNED_AMOUNT,
    ),
    entry(37, orders.PhaseChanged, instrument_id=ID, phase=PHASE),
    entry(130, orders.OrderActivated, order_id=U63),
    entry(131, orders.OrderMoved, order_id=U63, price_ticks=TICKS),
    entry(132, orders.OrderReduced, order_id=U63, quantity_lots=LOTS),
    entry(69, orders.BookCleared, instrument_id=ID, phase=PHASE),
)
