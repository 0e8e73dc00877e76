"""Which reports end an order."""

from collections.abc import Callable
from typing import Any

from bulkhead.domain.messages.reports import (
    OrderCanceled,
    OrderDecremented,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
)
from bulkhead.domain.reasons import Reason

_ENDS: dict[type, Callable[[Any], bool]] = {
    OrderCanceled: lambda message: True,
    OrderFilled: lambda message: message.leaves_lots == 0,
    OrderDecremented: lambda message: message.leaves_lots == 0,
    OrderReplaced: lambda message: message.leaves_lots == 0,
    # A repeated id was refused because of another order, which may be live.
    OrderRejected: lambda message: message.reason is not Reason.CLIENT_ORDER_ID_REPEATED,
}


def ends(message: Any) -> bool:
    """Whether the order that a report names is live no more."""
    is_end = _ENDS.get(type(message))
    return is_end is not None and is_end(message)
