"""Two orders of which one cancels the other."""

from dataclasses import dataclass

from bulkhead.domain.book.order import BookOrder


@dataclass(slots=True, eq=False)
class Link:
    """A limit order and a stop of one side: what happens to one ends the other.

    `entry_id`: the order whose end they wait for, while they do: they are the exits of a bracket.
    `filled_lots`: what has traded of that order.
    """

    limit: BookOrder
    stop: BookOrder
    entry_id: int | None = None
    filled_lots: int = 0

    def order_ids(self) -> tuple[int, ...]:
        """Of all its orders."""
        own = self.limit.order_id, self.stop.order_id
        return own if self.entry_id is None else (*own, self.entry_id)
