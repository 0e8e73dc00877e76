"""What of a settlement shard can halt by itself: an account.

While its legs are put aside the house holds their other side: over all shards the house and what is aside
come to nothing in every asset. A leg or deposit that is discarded is booked to the exchange's own account
`suspense` instead, so that every asset still adds up. Risk has counted such a leg, and is not told of such a
deposit: an operator has to make good what is there.
"""

from dataclasses import replace
from typing import Any

from bulkhead.domain.isolation import Isolation
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import Deposit
from bulkhead.domain.messages.settlement import SettleLeg
from bulkhead.domain.settlement.deposits import book_deposit
from bulkhead.domain.settlement.legs import settle_leg
from bulkhead.domain.settlement.model import SUSPENSE, Settlement

_OF_ONE_ACCOUNT = frozenset((SettleLeg, Deposit))


class SettlementIsolation(Isolation):
    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement

    def subject(self, message: Any) -> str:
        return f"account {message.account_id}" if type(message) in _OF_ONE_ACCOUNT else ""

    def discard(self, message: Any, out: Outbox) -> None:
        suspended = replace(message, account_id=SUSPENSE)
        if type(message) is SettleLeg:
            settle_leg(self._settlement, suspended, out)
        else:
            book_deposit(self._settlement, suspended)
