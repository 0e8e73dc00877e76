"""What a command may cause, in the order in which it happened.

An outcome holds the orders themselves, so that the caller finds its `owner`, and the quantities as they
were at that moment: when the caller reads it the command is over, and the order may have traded on.

Order-by-order market data follows from these alone: Rested adds an order, a trade or a decrement takes
its quantity off, Displayed says what an iceberg shows from then on, Canceled and Expired with `rested`
remove one, Replaced changes it in place (`kept_priority`) or removes it, to be added again by a later
Rested. What happens to a parked order before its Rested (Activated, Replaced) concerns nobody but its
owner. A hidden order (`special.display_lots` is 0) is none of the public's business.
"""

from enum import StrEnum, unique

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase


@unique
class RejectReason(StrEnum):
    """Why a command was refused; the first that applies, in this order."""

    LINK = "link"  # the orders of a pair or a bracket do not fit together
    DUPLICATE_ORDER = "duplicate_order"
    UNKNOWN_ORDER = "unknown_order"
    QUANTITY = "quantity"
    PRICE = "price"
    PHASE = "phase"
    POST_ONLY = "post_only"
    TIME_IN_FORCE = "time_in_force"
    NO_REFERENCE_PRICE = "no_reference_price"


@unique
class CancelReason(StrEnum):
    """Why what was left of an order was canceled."""

    REQUESTED = "requested"
    MARKET = "market"
    IOC = "ioc"
    FOK = "fok"
    MIN_QUANTITY = "min_quantity"
    SELF_TRADE = "self_trade"
    PHASE = "phase"  # at_open and at_close, once their uncross is over
    POST_ONLY = "post_only"  # one that was triggered and would have traded
    BOOK_LOST = "book_lost"
    LINKED = "linked"  # the other one of a pair has traded or ended, or their entry has with no trade
    REPLACED_TO_DONE = "replaced_to_done"  # a replace whose total quantity had been executed already


@message
class Accepted:
    """The order was taken; what it traded or where it rests follows."""

    order: BookOrder


@message
class Rested:
    """The order joined the end of the queue at its price, showing this quantity (hidden: 0)."""

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
class Uncrossed:
    """A trade of an auction, at its one price; what remained of either order just after it."""

    buy: BookOrder
    sell: BookOrder
    price_ticks: int
    quantity_lots: int
    buy_remaining_lots: int
    sell_remaining_lots: int


@message
class Displayed:
    """An iceberg shows this quantity from now on; `renewed`: at the end of its queue."""

    order: BookOrder
    quantity_lots: int
    renewed: bool


@message
class Decremented:
    """Two orders of one group met: this quantity was taken off both, and who has none left has ended."""

    aggressor: BookOrder
    resting: BookOrder
    quantity_lots: int
    aggressor_remaining_lots: int
    resting_remaining_lots: int


@message
class Triggered:
    """A waiting order's condition holds: it arrives now, as a market or a limit order."""

    order: BookOrder


@message
class Activated:
    """The entry of a bracket has ended: its exit arrives now, or waits for its stop price, with the quantity
    that has traded of the entry.
    """

    order: BookOrder
    quantity_lots: int
    previous_quantity_lots: int


@message
class Expired:
    """The order's time is over, with this quantity left; `rested` as in Canceled."""

    order: BookOrder
    quantity_lots: int
    rested: bool


@message
class Indicative:
    """What an uncross would do now: the price and the quantity; None and 0 if nothing would trade."""

    price_ticks: int | None
    quantity_lots: int


@message
class Canceled:
    """The order ended with this quantity left; `rested` says whether it was on the book.

    `available_lots` is, for FOK and MIN_QUANTITY, what could have traded at once, otherwise 0.
    """

    order: BookOrder
    quantity_lots: int
    reason: CancelReason
    rested: bool
    available_lots: int = 0


@message
class Replaced:
    """The order has a new price and remaining quantity. One that waits for its stop price goes on waiting.

    Without `kept_priority` it was taken off and arrives anew: its trades and its Rested follow.
    """

    order: BookOrder
    price_ticks: int
    quantity_lots: int
    previous_price_ticks: int
    previous_quantity_lots: int
    kept_priority: bool


@message
class Repriced:
    """The book itself gave the order another price; it has left its queue, its Rested follows."""

    order: BookOrder
    price_ticks: int
    previous_price_ticks: int


@message
class Rejected:
    """The command changed nothing. `bound` and `actual` explain the reason, each in its unit:

    QUANTITY and PRICE: the end of the range, the value; PHASE: Phase.CONTINUOUS, the book's phase;
    POST_ONLY: the price that it would have traded at, its own (in a call phase, and where it would meet a
    special order: its own, twice); TIME_IN_FORCE: the book's phase, the time in force; of a gtd that is
    over the book's time, its own; otherwise 0 and the order id. `order_id` is None for an uncross; of
    several orders it is the first that was refused.
    """

    order_id: int | None
    reason: RejectReason
    bound: int
    actual: int


@message
class PhaseChanged:
    """The book is in this phase now."""

    phase: Phase


Outcome = (
    Accepted
    | Rested
    | Traded
    | Uncrossed
    | Displayed
    | Decremented
    | Triggered
    | Activated
    | Canceled
    | Expired
    | Replaced
    | Repriced
    | Rejected
    | PhaseChanged
    | Indicative
)
