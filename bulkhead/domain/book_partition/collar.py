"""The price collar of one instrument: how far from the market an order's price may be."""

from bulkhead.domain.machine import State


class Collar:
    __slots__ = ("on_mark", "per_mille", "told_ticks")

    def __init__(self, per_mille: int, on_mark: bool, told_ticks: int | None = None) -> None:
        self.per_mille = per_mille
        self.on_mark = on_mark
        self.told_ticks = told_ticks
        """the price that risk knows; None: it knows of none"""

    def state(self) -> State:
        return [self.per_mille, self.on_mark, self.told_ticks]

    def is_far(self, price_ticks: int) -> bool:
        """Whether the price has gone half of the way that orders may be away from it."""
        if self.told_ticks is None:
            return True
        return 2 * 1000 * abs(price_ticks - self.told_ticks) >= self.per_mille * self.told_ticks
