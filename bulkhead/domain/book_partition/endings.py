"""An order that ended without having traded all: the public feed, and why, to risk."""

from typing import Final

from bulkhead.domain.book.outcomes import Canceled, CancelReason, Expired
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.book_partition.public_feed import hide
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.orders import OrderRemoved
from bulkhead.domain.reasons import Reason

CANCEL_REASONS: Final = {
    CancelReason.REQUESTED: Reason.REQUESTED,
    CancelReason.MARKET: Reason.MARKET,
    CancelReason.IOC: Reason.IMMEDIATE_OR_CANCEL,
    CancelReason.FOK: Reason.FILL_OR_KILL,
    CancelReason.MIN_QUANTITY: Reason.MIN_QUANTITY,
    CancelReason.SELF_TRADE: Reason.SELF_TRADE,
    CancelReason.PHASE: Reason.PHASE,
    CancelReason.POST_ONLY: Reason.WOULD_TRADE,
    CancelReason.BOOK_LOST: Reason.BOOK_LOST,
    CancelReason.LINKED: Reason.LINKED,
}


def canceled(partition: BookPartition, instrument: TradedInstrument, event: Canceled, out: Outbox) -> None:
    order = event.order
    hide(partition, instrument, order, out)
    if event.reason is not CancelReason.REPLACED_TO_DONE:  # OrderAmended has said it
        reason = CANCEL_REASONS[event.reason]
        out.send(ticket(order).risk, OrderRemoved(order.order_id, event.quantity_lots, reason))


def expired(partition: BookPartition, instrument: TradedInstrument, event: Expired, out: Outbox) -> None:
    order = event.order
    hide(partition, instrument, order, out)
    out.send(ticket(order).risk, OrderRemoved(order.order_id, event.quantity_lots, Reason.EXPIRED))
