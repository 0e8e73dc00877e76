"""What risk asks of a book. Each command has exactly one answer, before what it causes."""

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import CancelReason, Rejected, RejectReason, Replaced
from bulkhead.domain.book.replace import Changes
from bulkhead.domain.book_partition.model import BookPartition, Ticket, risk_partition, ticket
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.book_partition.special import special
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.orders import (
    AmendmentRefused,
    AmendOrder,
    BookCleared,
    ClearBook,
    EnterOrder,
    EntryRefused,
    OrderAmended,
    OrderEntered,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase, TimeInForce

REASONS = {
    RejectReason.LINK: Reason.LINK,
    RejectReason.UNKNOWN_ORDER: Reason.ORDER_UNKNOWN,
    RejectReason.QUANTITY: Reason.QUANTITY_HIGH,
    RejectReason.PRICE: Reason.PRICE_HIGH,
    RejectReason.PHASE: Reason.INSTRUMENT_HALTED,
    RejectReason.POST_ONLY: Reason.POST_ONLY,
    RejectReason.TIME_IN_FORCE: Reason.UNTIMELY,
    RejectReason.NO_REFERENCE_PRICE: Reason.NO_REFERENCE_PRICE,
}
"""No DUPLICATE_ORDER: risk never gives an order id twice."""


def enter_order(partition: BookPartition, command: EnterOrder, out: Outbox) -> None:
    order_id = command.order_id
    risk = risk_partition(order_id)
    instrument = partition.instruments.get(command.instrument_id)
    if instrument is None:
        out.send(risk, EntryRefused(order_id, Reason.INSTRUMENT_UNKNOWN, 0, 0))
        return
    order = book_order(partition, command)
    outcomes = instrument.book.place(order)
    first = outcomes[0]
    if isinstance(first, Rejected):
        out.send(risk, EntryRefused(order_id, reason(first, order), first.bound, first.actual))
        return
    out.send(ticket(order).risk, OrderEntered(order_id))
    tell(partition, instrument, outcomes[1:], out)


def book_order(partition: BookPartition, command: EnterOrder) -> BookOrder:
    """The order, new, with its ticket."""
    terms = command.terms
    return BookOrder(
        command.order_id,
        command.side,
        command.price_ticks,
        command.quantity_lots,
        command.order_type,
        command.time_in_force,
        command.post_only,
        Ticket(
            command.account_id,
            partition.risk_of(command.order_id, command.slot),
            command.slot,
            command.maker_fee_rate,
            command.taker_fee_rate,
            "" if terms is None else terms.quote_group,
        ),
        special=None if terms is None else special(terms),
    )


def remove_order(partition: BookPartition, command: RemoveOrder, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    risk = partition.asker(command.order_id, out)
    if instrument is None:
        out.send(risk, RemovalRefused(command.order_id, Reason.INSTRUMENT_UNKNOWN))
        return
    while_closed = partition.behaviour.cancels_while_closed
    outcomes = instrument.book.cancel(command.order_id, while_closed=while_closed)
    first = outcomes[0]
    if isinstance(first, Rejected):
        out.send(risk, RemovalRefused(command.order_id, REASONS[first.reason]))
        return
    tell(partition, instrument, outcomes, out)


def amend_order(partition: BookPartition, command: AmendOrder, out: Outbox) -> None:
    instrument = partition.instruments.get(command.instrument_id)
    order = None if instrument is None else instrument.book.order(command.order_id)
    if instrument is None or order is None:
        refuse_amendment(partition, command, Reason.ORDER_UNKNOWN, 0, 0, out)
        return
    quantity_lots = command.quantity_lots
    if quantity_lots is None:
        quantity_lots = order.executed_lots + order.remaining_lots
    leaves_lots = quantity_lots - order.executed_lots
    if leaves_lots <= 0:
        # The total intended has been executed: nothing is left to want.
        outcomes = instrument.book.cancel(command.order_id, CancelReason.REPLACED_TO_DONE)
    else:
        changes = None if command.stop_price_ticks is None else Changes(command.stop_price_ticks)
        outcomes = instrument.book.replace(command.order_id, command.price_ticks, leaves_lots, changes)
    first = outcomes[0]
    if isinstance(first, Rejected):
        refuse_amendment(partition, command, reason(first, order), first.bound, first.actual, out)
        return
    price_ticks = first.price_ticks if isinstance(first, Replaced) else command.price_ticks
    stamped = ticket(order)
    stamped.maker_fee_rate, stamped.taker_fee_rate = command.maker_fee_rate, command.taker_fee_rate
    out.send(
        stamped.risk,
        OrderAmended(command.order_id, price_ticks, quantity_lots, max(leaves_lots, 0)),
    )
    tell(partition, instrument, outcomes, out)


def reason(rejected: Rejected, order: BookOrder) -> Reason:
    """A gtd order's time is refused only because it is over: every phase takes such orders."""
    if rejected.reason is RejectReason.TIME_IN_FORCE and order.time_in_force is TimeInForce.GTD:
        return Reason.EXPIRE_TIME
    return REASONS[rejected.reason]


def refuse_amendment(
    partition: BookPartition, command: AmendOrder, why: Reason, bound: int, actual: int, out: Outbox
) -> None:
    out.send(
        partition.asker(command.order_id, out),
        AmendmentRefused(
            command.order_id, command.price_ticks, command.quantity_lots or 0, why, bound, actual
        ),
    )


def clear_book(partition: BookPartition, command: ClearBook, out: Outbox) -> None:
    """Other risk shards' orders stay until their own ClearBook comes, and can be canceled meanwhile."""
    instrument = partition.instruments.get(command.instrument_id)
    phase = Phase.HALTED
    if instrument is not None:
        book = instrument.book
        theirs = [order for order in book.orders() if ticket(order).risk == f"orders/{command.risk_shard}"]
        tell(partition, instrument, book.clear(theirs), out)
        if book.phase not in (Phase.HALTED, Phase.CLOSED, Phase.RETIRED):
            tell(partition, instrument, book.set_phase(Phase.HALTED), out)
        phase = book.phase
    out.send(f"orders/{command.risk_shard}", BookCleared(command.instrument_id, phase))
