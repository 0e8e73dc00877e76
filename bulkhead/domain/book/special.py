"""What an order may have beyond price, quantity and time in force."""

from dataclasses import dataclass

from bulkhead.domain.book.terms import CANCEL_AGGRESSOR
from bulkhead.domain.terms import StpMode


@dataclass(slots=True, eq=False)
class Special:
    """The terms of an order that a plain one doesn't have.

    `display_lots`: None shows all; 0 nothing (hidden); n a slice of n (iceberg).
    `shown_lots`: what an iceberg shows just now; belongs to `display`.
    `min_quantity_lots`: it trades so much or nothing; None where anything will do.
    `stp_group`: orders of one group never trade with each other; empty: of none.
    `stp_mode`: what happens instead, when this order is the one that arrives.
    `stop_price_ticks`, `trail_ticks`: what a waiting order waits for, and the distance that a trailing
    one keeps.
    `on_mark`: it waits for the mark price, not for the last trade price.
    `slide_ticks`: a post-only order that would trade goes so far from the other side's best price instead of
    being refused.
    `expire_time_ms`: when a gtd order ends.
    `arrival`: its place among those that wait; belongs to `stops`.
    """

    display_lots: int | None = None
    min_quantity_lots: int | None = None
    stp_group: str = ""
    stp_mode: StpMode = CANCEL_AGGRESSOR
    stop_price_ticks: int | None = None
    trail_ticks: int | None = None
    expire_time_ms: int | None = None
    on_mark: bool = False
    slide_ticks: int | None = None
    shown_lots: int = 0
    arrival: int = 0

    @property
    def alters_matching(self) -> bool:
        """Whether whoever meets it has to look at more than its price and its quantity."""
        return self.display_lots is not None or self.least_lots > 0 or self.stp_group != ""

    @property
    def least_lots(self) -> int:
        """The minimum quantity; 0 where anything will do."""
        return self.min_quantity_lots or 0
