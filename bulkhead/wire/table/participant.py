"""What a participant says: decoded loosely (text, small integers), so that risk can refuse each with its
reason.
"""

from bulkhead.domain.messages import participant
from bulkhead.wire.kinds import BOOL, LOTS, TEXT, TICKS, U8, optional
from bulkhead.wire.table.entry import TERMS, entry

PLACE_ORDER = {
    "account_id": TEXT,
    "client_order_id": TEXT,
    "instrument_id": TEXT,
    "side": U8,
    "order_type": U8,
    "time_in_force": U8,
    "post_only": BOOL,
    "price_ticks": optional(TICKS),
    "protection_price_ticks": optional(TICKS),
    "quantity_lots": LOTS,
    "terms": TERMS,
}

PARTICIPANT = (
    entry(1, participant.OpenSession),
    entry(2, participant.PlaceOrder, **PLACE_ORDER),
    entry(3, participant.CancelOrder, account_id=TEXT, client_order_id=TEXT),
    entry(
        4,
        participant.ReplaceOrder,
        account_id=TEXT,
        client_order_id=TEXT,
        price_ticks=TICKS,
        quantity_lots=LOTS,
        stop_price_ticks=optional(TICKS),
    ),
)
