"""Participant -> risk: commands in a signed stream of the source (public key, epoch)."""

from bulkhead.domain.message import message
from bulkhead.domain.messages.order_terms import OrderTerms


@message
class OpenSession:
    """First event of a new epoch's stream: fences every lower epoch of the key.

    Answered by SessionOpened and one OrderStatus for each open order.
    """


@message
class PlaceOrder:
    account_id: str
    client_order_id: str
    instrument_id: str
    side: int
    order_type: int
    time_in_force: int
    post_only: bool
    price_ticks: int | None
    """limit and stop-limit orders only"""
    protection_price_ticks: int | None
    """all other orders: the worst price that the order may trade at"""
    quantity_lots: int
    terms: OrderTerms | None = None
    """nil: a plain order"""


@message
class CancelOrder:
    account_id: str
    client_order_id: str


@message
class ReplaceOrder:
    """New price and total for a live order; the same or less at the same price keeps its priority."""

    account_id: str
    client_order_id: str
    price_ticks: int
    """the limit, or the protection price where the order has one"""
    quantity_lots: int
    """the total intended, what has been executed included (as FIX tag 38)"""
    stop_price_ticks: int | None = None
    """another stop price for an order that waits for one; nil: as it is. One that is triggered meanwhile has
    no use for it"""
