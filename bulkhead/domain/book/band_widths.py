"""How wide an instrument's price bands are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bands:
    """How far from its reference a trade may be, on either side, in ticks; None: as far as it likes.

    `static_ticks`: from the last auction's price. `dynamic_ticks`: from the last trade price as it was when
    the order arrived.
    """

    static_ticks: int | None = None
    dynamic_ticks: int | None = None
