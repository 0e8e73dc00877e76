"""What operators list in tests of a running exchange: an instrument, and somebody who trades it."""

from dataclasses import replace

from bulkhead.domain.messages.listing import AddAccount, AddParticipant, Funds, ListInstrument
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce
from bulkhead.topology.derived import slot_of

NEW = ListInstrument(
    "N-USD", 0, "Z", "USD", 10, 1000, 1, 90, 110, 1, 1, 16, 9, 0, False, 2, False, "customers asked for it"
)
"""into the book partition that is there already"""
IN_A_NEW_BOOK = replace(NEW, book=3)
DAVE = AddParticipant("dave", slot_of("dave"), -5, 20, 7, 8, None, "a new customer")
FUNDED = AddAccount("dave.main", "dave", (Funds("USD", 5_000_000), Funds("Z", 500)), "a new customer")


def order(client_order_id: str, side: Side, account_id: str = "alice.main", lots: int = 4) -> PlaceOrder:
    terms = OrderType.LIMIT, TimeInForce.GTC, False, 100, None, lots
    return PlaceOrder(account_id, client_order_id, NEW.instrument_id, side, *terms)
