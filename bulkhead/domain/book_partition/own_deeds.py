"""What the book did to an order by itself, besides trading and ending it: risk is told, for its owner."""

from bulkhead.domain.book.outcomes import Activated, Decremented, Repriced, Triggered
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.book_partition.public_feed import hide, shrunk
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.linked import ExitActivated
from bulkhead.domain.messages.orders import OrderActivated, OrderMoved, OrderReduced


def triggered(partition: BookPartition, instrument: TradedInstrument, event: Triggered, out: Outbox) -> None:
    order = event.order
    out.send(ticket(order).risk, OrderActivated(order.order_id))


def activated(partition: BookPartition, instrument: TradedInstrument, event: Activated, out: Outbox) -> None:
    order = event.order
    out.send(ticket(order).risk, ExitActivated(order.order_id, event.quantity_lots))


def repriced(partition: BookPartition, instrument: TradedInstrument, event: Repriced, out: Outbox) -> None:
    order = event.order
    hide(partition, instrument, order, out)
    out.send(ticket(order).risk, OrderMoved(order.order_id, event.price_ticks))


def decremented(
    partition: BookPartition, instrument: TradedInstrument, event: Decremented, out: Outbox
) -> None:
    shrunk(partition, instrument, event.resting, event.resting_remaining_lots, out)
    for order in (event.resting, event.aggressor):
        out.send(ticket(order).risk, OrderReduced(order.order_id, event.quantity_lots))
