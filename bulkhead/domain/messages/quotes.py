"""Mass quotes: the quotes of one group, of both sides, set at once; all or none of them.

A quote is a limit order, good till canceled, of an instrument and a quote group. It has its answers and its
fills as any order.
"""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Side


@message
class Quote:
    """A quote as its participant gives it."""

    client_order_id: str
    """names it from one mass quote to the next; free again when its order has ended"""
    side: int
    price_ticks: int
    """without a meaning where it is withdrawn"""
    quantity_lots: int
    """what is to be open from now on, not the total as in ReplaceOrder; 0: withdraw it"""


@message
class MassQuote:
    """Participant -> risk: what is live gets the new price and quantity, what isn't is new, what is not named
    stays.

    Answered by QuotesRejected, or for each quote as the command would be that does the same: by OrderAccepted
    or OrderRejected (new), OrderReplaced or ReplaceRejected (changed), OrderCanceled or CancelRejected
    (withdrawn).
    """

    request_id: str
    """the participant's name for it: a refusal carries it"""
    account_id: str
    instrument_id: str
    quote_group: str
    quotes: tuple[Quote, ...]
    """1 to 32"""


@message
class QuotesRejected:
    """Risk -> participant: a MassQuote changed nothing."""

    last_sequence: int
    request_id: str
    account_id: str
    client_order_id: str | None
    """the quote that was the reason; nil: all of them together"""
    reason: Reason
    bound: int
    actual: int


@message
class QuoteToSet:
    """A quote as risk has worked it out."""

    order_id: int
    side: Side
    price_ticks: int
    quantity_lots: int
    """the total intended, executed part included, so that a fill in flight makes it trade less and never
    more; 0: withdraw it"""
    is_new: bool


@message
class SetQuotes:
    """Risk -> book: the quotes of a MassQuote. Each has one answer, as if it were an EnterOrder, an
    AmendOrder or a RemoveOrder of its own.

    One that has ended in the book is refused (order_unknown) and the others go on; any other refusal is of
    all.
    """

    instrument_id: str
    account_id: str
    slot: int
    """of the account's risk group: finds its settlement shard"""
    quote_group: str
    maker_fee_rate: int
    taker_fee_rate: int
    quotes: tuple[QuoteToSet, ...]
