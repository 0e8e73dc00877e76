"""In the PYTHONPATH of a test's exchange: machines that raise where a healthy one does not.

Python imports a module of this name before anything else. The product has no switch for it.
"""

from collections.abc import Callable
from typing import Any

from bulkhead.domain.book_partition.machine import HANDLERS as BOOK
from bulkhead.domain.messages.orders import EnterOrder
from bulkhead.domain.messages.participant import PlaceOrder
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.risk.signers import COMMANDS as RISK
from bulkhead.domain.settlement.machine import HANDLERS as SETTLEMENT


def _raises_at(handlers: dict[type, Any], kind: type, bad: Callable[[Any], bool]) -> None:
    """Once it has changed its state."""
    handler = handlers[kind]

    def handle(*arguments: Any) -> None:
        handler(*arguments)
        if bad(arguments[-2]):
            raise ZeroDivisionError(f"a bug of {kind.__name__}")

    handlers[kind] = handle


_raises_at(RISK, PlaceOrder, lambda order: order.client_order_id == "poison-risk")
_raises_at(BOOK, EnterOrder, lambda order: order.price_ticks == 6_666)
_raises_at(SETTLEMENT, SettleLeg, lambda leg: leg.base_amount == 6_666 and leg.account_id == "bob.main")
