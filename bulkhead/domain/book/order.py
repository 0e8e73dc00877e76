"""An order as the book holds it."""

from dataclasses import dataclass

from bulkhead.domain.book.special import Special
from bulkhead.domain.terms import OrderType, Side, TimeInForce


@dataclass(slots=True, eq=False)
class BookOrder:
    """One order, from its arrival to its end. Two orders are equal only if they are the same object.

    `price_ticks` is the worst price that it may trade at: the limit of a limit order, the protection
    price of a market order (`terms.worst_price_ticks` where it has none).
    `remaining_lots` is what may still trade; once the order has ended, what was left of it.
    `executed_lots` is what has traded, and what self-trade prevention took off it.
    `owner` belongs to the caller (account, fees, route): the book carries it and never looks at it, and
    it isn't part of the book's state.
    `special` is what a plain order hasn't: None costs it nothing.
    `previous` and `next` are its neighbors in its price level's queue, and belong to `side`.
    """

    order_id: int
    side: Side
    price_ticks: int
    remaining_lots: int
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool = False
    owner: object = None
    executed_lots: int = 0
    special: Special | None = None
    previous: "BookOrder | None" = None
    next: "BookOrder | None" = None

    @property
    def displayed_lots(self) -> int:
        """What of it may be shown while it rests: nothing, a slice, or all that remains."""
        special = self.special
        if special is None or special.display_lots is None:
            return self.remaining_lots
        return special.shown_lots

    @property
    def least_lots(self) -> int:
        """What it trades at least; 0 where anything will do."""
        return 0 if self.special is None else self.special.least_lots
