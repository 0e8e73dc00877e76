"""What a command may cause, in the order in which it happened.

An outcome holds the orders themselves, so that the caller finds its `owner`, and the quantities as they
were at that moment: when the caller reads it the command is over, and the order may have traded on.

Order-by-order market data follows from these alone: Rested adds an order, Traded takes its quantity off
the resting one, Canceled with `rested` removes one, Replaced changes it in place (`kept_priority`) or
removes it, to be added again by a later Rested.
"""

from enum import StrEnum, unique

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase


@unique
class RejectReason(StrEnum):
    """Why a command was refused; the first that applies, in this order."""

    DUPLICATE_ORDER = "duplicate_order"
    UNKNOWN_ORDER = "unknown_order"
    QUANTITY = "quantity"
    PRICE = "price"
    PHASE = "phase"
    POST_ONLY = "post_only"


@unique
class CancelReason(StrEnum):
    """Why what was left of an order was canceled."""

    REQUESTED = "requested"
    MARKET = "market"
    IOC = "ioc"
    FOK = "fok"
    BOOK_LOST = "book_lost"
    REPLACED_TO_DONE = "replaced_to_done"  # a replace whose total quantity had been executed already


@message
class Accepted:
    """The order was taken; what it traded or where it rests follows."""

    order: BookOrder


@message
class Rested:
    """The order joined the end of the queue at its price with this quantity."""

    order: BookOrder
    price_ticks: int
    quantity_lots: int


@message
class Traded:
    """A trade at the resting order's price; what remained of either order just after it."""

    aggressor: BookOrder
    resting: BookOrder
    price_ticks: int
    quantity_lots: int
    aggressor_remaining_lots: int
    resting_remaining_lots: int


@message
class Canceled:
    """The order ended with this quantity left; `rested` says whether it was on the book.

    `available_lots` is, for FOK, what could have traded at once, otherwise 0.
    """

    order: BookOrder
    quantity_lots: int
    reason: CancelReason
    rested: bool
    available_lots: int = 0


@message
class Replaced:
    """The order has a new price and remaining quantity.

    Without `kept_priority` it was taken off and arrives anew: its trades and its Rested follow.
    """

    order: BookOrder
    price_ticks: int
    quantity_lots: int
    previous_price_ticks: int
    previous_quantity_lots: int
    kept_priority: bool


@message
class Rejected:
    """The command changed nothing. `bound` and `actual` explain the reason, each in its unit:

    QUANTITY and PRICE: the end of the range, the value; PHASE: Phase.CONTINUOUS, the book's phase;
    POST_ONLY: the price that it would have traded at, its own; otherwise 0 and the order id.
    """

    order_id: int
    reason: RejectReason
    bound: int
    actual: int


@message
class PhaseChanged:
    """The book is in this phase now."""

    phase: Phase


Outcome = Accepted | Rested | Traded | Canceled | Replaced | Rejected | PhaseChanged
