"""Risk -> reports.PARTICIPANT: what a participant is told, in one dense sequence.

`last_sequence` is the last event taken from the participant's stream when the report was made.
"""

from bulkhead.domain.message import message
from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Role, Side, TimeInForce


@message
class SessionOpened:
    last_sequence: int
    public_key: bytes
    epoch: int
    previous_epoch: int
    """0: there was none"""
    previous_last_sequence: int
    """the last event taken from the previous epoch's stream: what came after it was never taken"""
    open_orders: int
    """this many OrderStatus reports follow, behind an OrdersLinked for each pair and bracket among them"""


@message
class StaleSession:
    """The frame came under an epoch that a higher one has fenced, or that no OpenSession began."""

    last_sequence: int
    public_key: bytes
    epoch: int
    """the frame's"""
    current_epoch: int


@message
class GapDetected:
    """A frame began after the next number expected. Told once an episode; nothing of it was applied."""

    last_sequence: int
    public_key: bytes
    expected_sequence: int
    received_sequence: int


@message
class StreamMismatch:
    """The frame's running CRC-32 is not that of the events taken. Told once an episode; nothing was
    applied.
    """

    last_sequence: int
    public_key: bytes
    expected_crc: int
    received_crc: int


@message
class CommandRefused:
    """An event that could not be read; it used its number, `last_sequence`."""

    last_sequence: int
    reason: Reason
    bound: int
    actual: int


@message
class OrderAccepted:
    """The order has reached the book."""

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str


@message
class OrderRejected:
    last_sequence: int
    account_id: str
    client_order_id: str
    reason: Reason
    bound: int
    actual: int


@message
class OrderFilled:
    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    side: Side
    trade_id: int
    price_ticks: int
    quantity_lots: int
    leaves_lots: int
    role: Role
    fee_amount: int


@message
class OrderTriggered:
    """The price that a stop waited for has been reached: it trades or rests now, as what it has become."""

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str


@message
class OrderRepriced:
    """The book gave the order another price: a post-only order slid, or what a market-to-limit order left
    became a limit.
    """

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    price_ticks: int


@message
class OrderDecremented:
    """The order met one of its own group, whose mode takes the smaller quantity off both: it counts as
    executed and cost nothing.
    """

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    quantity_lots: int
    """taken off"""
    leaves_lots: int
    """0: the order has ended"""


@message
class OrderCanceled:
    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    quantity_lots: int
    """what was left of it"""
    reason: Reason


@message
class CancelRejected:
    last_sequence: int
    account_id: str
    client_order_id: str
    reason: Reason
    bound: int
    actual: int


@message
class OrderReplaced:
    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    price_ticks: int
    quantity_lots: int
    """the total"""
    leaves_lots: int


@message
class ReplaceRejected:
    last_sequence: int
    account_id: str
    client_order_id: str
    reason: Reason
    bound: int
    actual: int


@message
class OrderStatus:
    """One open order, told after SessionOpened."""

    last_sequence: int
    account_id: str
    client_order_id: str
    order_id: int
    instrument_id: str
    side: Side
    price_ticks: int
    """the limit, or the protection price where it has none"""
    quantity_lots: int
    leaves_lots: int
    order_type: OrderType
    """as it was placed"""
    time_in_force: TimeInForce
    post_only: bool
    triggered: bool
    """a stop that has become a market or a limit order"""
    terms: OrderTerms | None
    """with the stop price that was given last; that of a trailing stop may have moved since"""


@message
class BalanceCredited:
    last_sequence: int
    account_id: str
    asset_id: str
    amount: int
    balance: int
    """after it"""
