"""An open order as its participant is told of it."""

from bulkhead.domain.messages.reports import OrderStatus
from bulkhead.domain.risk.model import Order


def order_status(order: Order, last_sequence: int) -> OrderStatus:
    return OrderStatus(
        last_sequence,
        order.account.account_id,
        order.client_order_id,
        order.order_id,
        order.instrument.instrument_id,
        order.side,
        order.price_ticks,
        order.quantity_lots,
        order.quantity_lots - order.executed_lots,
        order.order_type,
        order.time_in_force,
        order.post_only,
        order.triggered,
        order.terms,
    )
