"""What the public may see of an order: the displayed book, order by order.

An order that rests is there with what it shows: a plain one with all that remains, an iceberg with its slice,
a hidden one not at all; one that gathers without a price without its protection price, which is nobody else's
business. `Ticket.shown_lots` is what was told of it last, so that nothing is taken off that was never shown.
"""

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.display import is_iceberg
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Displayed, Replaced, Rested
from bulkhead.domain.book.terms import UNPRICED_TYPES
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument, ticket
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.market_data import DepthAdded, DepthReduced, DepthRemoved, UnpricedAdded


def rested(partition: BookPartition, instrument: TradedInstrument, event: Rested, out: Outbox) -> None:
    order = event.order
    if event.quantity_lots:
        _show(partition, instrument, order, event.price_ticks, event.quantity_lots, out)


def displayed(partition: BookPartition, instrument: TradedInstrument, event: Displayed, out: Outbox) -> None:
    order = event.order
    if event.renewed:
        hide(partition, instrument, order, out)
        _show(partition, instrument, order, order.price_ticks, event.quantity_lots, out)
    else:
        _show_less(partition, instrument, order, event.quantity_lots, out)


def replaced(partition: BookPartition, instrument: TradedInstrument, event: Replaced, out: Outbox) -> None:
    order = event.order
    if not event.kept_priority:
        hide(partition, instrument, order, out)
    elif not is_iceberg(order):
        _show_less(partition, instrument, order, event.quantity_lots, out)


def shrunk(
    partition: BookPartition, instrument: TradedInstrument, order: BookOrder, left_lots: int, out: Outbox
) -> None:
    """A resting order traded, or was taken from. What an iceberg then shows is told by Displayed."""
    if not left_lots:
        hide(partition, instrument, order, out)
    elif order.special is None or not is_iceberg(order):
        _show_less(partition, instrument, order, left_lots, out)


def hide(partition: BookPartition, instrument: TradedInstrument, order: BookOrder, out: Outbox) -> None:
    owner = ticket(order)
    if owner.shown_lots:
        owner.shown_lots = 0
        out.send(partition.market_data, DepthRemoved(instrument.instrument_id, order.order_id))


def remember_shown(book: Book) -> None:
    """After a restore: what was told of each order follows from the book."""
    for side in (book.bids, book.asks):
        for order in side:
            ticket(order).shown_lots = order.displayed_lots


def _show(
    partition: BookPartition,
    instrument: TradedInstrument,
    order: BookOrder,
    price_ticks: int,
    lots: int,
    out: Outbox,
) -> None:
    ticket(order).shown_lots = lots
    instrument_id, order_id, side = instrument.instrument_id, order.order_id, order.side
    if order.order_type in UNPRICED_TYPES:
        out.send(partition.market_data, UnpricedAdded(instrument_id, order_id, side, lots))
    else:
        out.send(partition.market_data, DepthAdded(instrument_id, order_id, side, price_ticks, lots))


def _show_less(
    partition: BookPartition, instrument: TradedInstrument, order: BookOrder, lots: int, out: Outbox
) -> None:
    """The order keeps its place. Of one that takes from what it keeps back nothing changes for the public."""
    owner = ticket(order)
    if owner.shown_lots and owner.shown_lots != lots:
        owner.shown_lots = lots
        out.send(partition.market_data, DepthReduced(instrument.instrument_id, order.order_id, lots))
