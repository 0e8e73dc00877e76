"""Orders that are linked: from participant to risk to book, and what is told of their links."""

from bulkhead.domain.messages import linked
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.wire.kinds import ID, LOTS, TEXT, U63, optional, record
from bulkhead.wire.table.entry import entry
from bulkhead.wire.table.orders import ENTER_ORDER
from bulkhead.wire.table.participant import PLACE_ORDER

_PLACED = record(PlaceOrder, **PLACE_ORDER)
_ENTERED = record(EnterOrder, **ENTER_ORDER)

LINKED = (
    entry(136, linked.PlacePair, limit=_PLACED, stop=_PLACED),
    entry(137, linked.PlaceBracket, entry=_PLACED, limit=_PLACED, stop=_PLACED),
    entry(138, linked.EnterPair, limit=_ENTERED, stop=_ENTERED),
    entry(139, linked.EnterBracket, entry=_ENTERED, limit=_ENTERED, stop=_ENTERED),
    entry(140, linked.ExitActivated, order_id=U63, quantity_lots=LOTS),
    entry(
        141,
        linked.ExitStarted,
        last_sequence=U63,
        account_id=ID,
        client_order_id=TEXT,
        order_id=U63,
        instrument_id=ID,
        quantity_lots=LOTS,
    ),
    entry(
        142,
        linked.OrdersLinked,
        last_sequence=U63,
        account_id=ID,
        instrument_id=ID,
        limit_client_order_id=TEXT,
        stop_client_order_id=TEXT,
        entry_client_order_id=optional(TEXT),
        filled_lots=LOTS,
    ),
)
