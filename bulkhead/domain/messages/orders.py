"""Risk -> book: orders that passed; book -> risk: exactly one answer to each, and what happens to them
after.
"""

from bulkhead.domain.message import message
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce


@message
class EnterOrder:
    order_id: int
    """10 bits of the issuing risk shard, 53 bits of its counter"""
    instrument_id: str
    account_id: str
    slot: int
    """of the account's risk group: finds its settlement shard"""
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    price_ticks: int
    """the limit, or the protection price: the order never trades past it"""
    quantity_lots: int
    maker_fee_rate: int
    taker_fee_rate: int
    terms: OrderTerms | None = None
    """nil: a plain order"""


@message
class RemoveOrder:
    instrument_id: str
    order_id: int


@message
class AmendOrder:
    instrument_id: str
    order_id: int
    price_ticks: int
    quantity_lots: int | None
    """the total intended, executed part included; nil: as it is"""
    maker_fee_rate: int
    taker_fee_rate: int
    stop_price_ticks: int | None = None
    """nil: as it is"""


@message
class ClearBook:
    """Every order of the instrument that this risk shard has sent comes off the book: it has released them.
    This follows them in their stream, so none of them can come behind it.
    """

    instrument_id: str
    risk_shard: int
    """whose orders"""


@message
class OrderEntered:
    """Answer to EnterOrder: the order has reached the book; its fills follow."""

    order_id: int


@message
class EntryRefused:
    """Answer to EnterOrder."""

    order_id: int
    reason: Reason
    bound: int
    actual: int


@message
class OrderExecuted:
    order_id: int
    trade_id: int
    price_ticks: int
    quantity_lots: int
    role: Role
    fee_amount: int
    """quote asset; negative: a rebate"""


@message
class OrderActivated:
    """The stop was triggered: it arrives as a market or a limit order; what it trades follows."""

    order_id: int


@message
class OrderMoved:
    """The book gave the order another price by itself: a post-only order slid, or what a market-to-limit
    order left became a limit.
    """

    order_id: int
    price_ticks: int


@message
class OrderReduced:
    """The order met one of its own group: so much was taken off it, counts as executed and costs nothing. One
    that has nothing left has ended.
    """

    order_id: int
    quantity_lots: int


@message
class OrderRemoved:
    """Answer to RemoveOrder where the reason is REQUESTED; otherwise the book ended the order by itself."""

    order_id: int
    quantity_lots: int
    """what was left of it"""
    reason: Reason


@message
class RemovalRefused:
    """Answer to RemoveOrder: the order had ended already."""

    order_id: int
    reason: Reason


@message
class OrderAmended:
    """Answer to AmendOrder; the fills that the new price causes follow."""

    order_id: int
    price_ticks: int
    """the new price, or where a post-only order slid instead"""
    quantity_lots: int
    """the total"""
    leaves_lots: int
    """0: the total was at or below what had been executed, the order has ended (replaced_to_done)"""


@message
class AmendmentRefused:
    """Answer to AmendOrder: the order stays as it was, or had ended already."""

    order_id: int
    price_ticks: int
    quantity_lots: int
    """0: it was to stay as it is"""
    reason: Reason
    bound: int
    actual: int


@message
class PhaseChanged:
    """Book -> every risk shard."""

    instrument_id: str
    phase: Phase


@message
class BookCleared:
    """Answer to ClearBook: no order of that risk shard is on the instrument's book; the end of each has been
    told.
    """

    instrument_id: str
    phase: Phase
    """not continuous: a book that was cleared is opened by an operator"""
