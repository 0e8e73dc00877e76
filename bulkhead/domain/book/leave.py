"""How a live order leaves, wherever it is."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.terms import BUY, WAITING_TYPES


def take_off(book: Contents, order: BookOrder) -> bool:
    """Take a live order off the book, or from those that wait; whether it was on the book."""
    del book.live[order.order_id]
    if order.special is not None:
        if book.parked.pop(order.order_id, None) is not None:
            return False
        if order.order_type in WAITING_TYPES:
            book.stops.remove(order)
            return False
    (book.bids if order.side == BUY else book.asks).remove(order)
    return True
