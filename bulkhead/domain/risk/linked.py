"""What happens to the orders of a pair or a bracket, as their book tells it, and what they hold then.

A book cancels an order of a pair in the same command in which the other one traded, was triggered or ended,
and says so behind it. So from that moment it can't trade, and nothing is reserved for it: else what the other
one has paid would still be held here.
"""

from bulkhead.domain.messages.linked import OrdersLinked
from bulkhead.domain.risk.model import Link, Order
from bulkhead.domain.risk.reservation import reserve


def has_moved(order: Order, traded_lots: int = 0) -> None:
    """An order has traded, was triggered, or lost lots to self-trade prevention. Its caller reserves."""
    link = order.link
    if link is None:
        return
    if order is link.entry:
        link.filled_lots += traded_lots
    else:
        _untie(link, order)


def has_ended(order: Order) -> None:
    """An order is over. Its caller frees what it holds."""
    link = order.link
    if link is None:
        return
    if order is link.entry:
        link.entry = order.link = None
        reserve(link.limit)
    else:
        _untie(link, order)


def _untie(link: Link, cause: Order) -> None:
    """What has happened to one exit, or one of a pair, ends the other. An entry goes on by itself."""
    for order in link.orders():
        order.link, order.parked = None, False
    other = link.stop if cause is link.limit else link.limit
    other.doomed = True
    reserve(other)


def orders_linked(link: Link, last_sequence: int) -> OrdersLinked:
    """The report that says so."""
    return OrdersLinked(
        last_sequence,
        link.limit.account.account_id,
        link.limit.instrument.instrument_id,
        link.limit.client_order_id,
        link.stop.client_order_id,
        None if link.entry is None else link.entry.client_order_id,
        link.filled_lots,
    )
