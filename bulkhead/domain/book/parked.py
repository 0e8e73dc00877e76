"""Live orders that neither rest nor wait for a price: they wait, unseen, for something else.

At_open and at_close orders wait for their auction, where the instrument has it so
(`BookRules.early_auction_orders`); the exits of a bracket wait for their entry's end (`links`).

At_close waits for the closing auction, at_open for a pre-open or an auction; when its call begins they
gather, in the order in which they came.
"""

from typing import Final

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.special import Special
from bulkhead.domain.book.terms import AT_CLOSE, AT_OPEN, AUCTION, CLOSING_AUCTION, PRE_OPEN, WAITING_TYPES
from bulkhead.domain.terms import Phase

_AUCTIONS: Final = {
    AT_OPEN: frozenset({PRE_OPEN, AUCTION}),
    AT_CLOSE: frozenset({CLOSING_AUCTION}),
}
"""By time in force: the calls that such an order is for."""


def comes_early(book: Contents, order: BookOrder) -> bool:
    """Whether a new order is to wait for its auction. A stop never is: it waits for its price."""
    if not book.rules.early_auction_orders or order.order_type in WAITING_TYPES:
        return False
    auctions = _AUCTIONS.get(order.time_in_force)
    return auctions is not None and book.phase not in auctions


def park(book: Contents, order: BookOrder) -> None:
    """Let an order wait, the last of those that do."""
    if order.special is None:
        order.special = Special()  # `take_off` asks a special order where it is
    book.live[order.order_id] = book.parked[order.order_id] = order


def whose_auction_begins(book: Contents, phase: Phase) -> list[BookOrder]:
    """Those that have waited for this phase; they don't any more."""
    orders = [o for o in book.parked.values() if phase in _AUCTIONS.get(o.time_in_force, ())]
    for order in orders:
        del book.parked[order.order_id]
    return orders
