"""Participant -> risk: commands in a signed stream of the source (public key, epoch)."""

from bulkhead.domain.message import message


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
    """limit orders only"""
    protection_price_ticks: int | None
    """market orders only: the worst price that the order may trade at"""
    quantity_lots: int


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
    quantity_lots: int
    """the total intended, what has been executed included (as FIX tag 38)"""
