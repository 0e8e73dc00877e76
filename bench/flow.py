"""What is sent: limit orders near the touch, cancels, and orders that trade at once."""

import random
from collections.abc import Sequence

from bulkhead.domain.messages.participant import CancelOrder, PlaceOrder
from bulkhead.domain.terms import OrderType, Side, TimeInForce

LIMIT_PERCENT, CANCEL_PERCENT, MARKETABLE_PERCENT = 55, 40, 5
MIDDLE_TICKS = 6_000_000
"""60,000.00 USD: far from every limit of the shipped topology"""
LEVEL_TICKS = 10
LEVELS = 50
"""A resting order stands 1 to so many levels from the middle, nearer ones more often."""
CROSSING_LEVELS = 5
"""A marketable order's limit is so many levels on the other side of the middle."""
LOTS = (100_000, 5_000_000)
"""0.001 to 0.05 BTC: what the whole run can reserve is a small part of what the accounts own"""

Command = PlaceOrder | CancelOrder


class OrderFlow:
    """One participant's commands, the same for the same seed.

    A cancel names an order that was placed before and not canceled; when it has been filled in the meantime
    the cancel is rejected, as it happens to real ones.
    """

    def __init__(
        self, participant_id: str, account_ids: Sequence[str], instrument_id: str, seed: int
    ) -> None:
        self._random = random.Random(f"{seed}/{participant_id}")
        self._accounts = account_ids
        self._instrument_id = instrument_id
        self._placed = 0
        self._live: list[tuple[str, str]] = []
        """(account_id, client_order_id)"""

    def commands(self, count: int) -> list[Command]:
        """The next `count` commands."""
        return [self._next() for _ in range(count)]

    def _next(self) -> Command:
        drawn = self._random.randrange(100)
        if drawn < CANCEL_PERCENT and self._live:
            return self._cancel()
        return self._place(marketable=drawn >= 100 - MARKETABLE_PERCENT)

    def _cancel(self) -> CancelOrder:
        index = self._random.randrange(len(self._live))
        self._live[index], self._live[-1] = self._live[-1], self._live[index]
        return CancelOrder(*self._live.pop())

    def _place(self, marketable: bool) -> PlaceOrder:
        rand = self._random
        side = rand.choice((Side.BUY, Side.SELL))
        away = -1 if side is Side.BUY else 1
        levels = -CROSSING_LEVELS if marketable else 1 + int(LEVELS * rand.random() ** 2)
        account_id = rand.choice(self._accounts)
        self._placed += 1
        client_order_id = f"b{self._placed:x}"
        if not marketable:
            self._live.append((account_id, client_order_id))
        return PlaceOrder(
            account_id,
            client_order_id,
            self._instrument_id,
            side,
            OrderType.LIMIT,
            TimeInForce.GTC,
            False,
            MIDDLE_TICKS + away * levels * LEVEL_TICKS,
            None,
            rand.randrange(*LOTS),
        )
