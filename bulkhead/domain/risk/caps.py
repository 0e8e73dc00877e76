"""What only some participants have: bounds of what they may have open in all, and of how much they cancel.

A participant without any has none of this, so that its orders cost nothing more.
"""

from typing import NamedTuple

CANCEL_WINDOW_TICKS = 600
"""a minute of the usual ticks, unless it is set"""
CANCELS_FREE = 100
"""of a window, unless it is set: a ratio of a handful says nothing"""


class Part(NamedTuple):
    """What one open order adds to its participant's exposure, at its worst; smallest units."""

    buying: int
    """of the base asset; 0 for a sell"""
    notional: int
    reserved: int
    """of the asset that it pays"""


NOTHING = Part(0, 0, 0)


class Exposure:
    """The sums over all open orders of one participant. They follow from its orders: no snapshot has them."""

    __slots__ = ("buying", "notional", "parts", "reserved")

    def __init__(self) -> None:
        self.parts: dict[int, Part] = {}
        """by order id"""
        self.buying: dict[tuple[str, str], int] = {}
        """by account and base asset, and by "" and base asset for all accounts"""
        self.notional: dict[str, int] = {}
        """by quote asset"""
        self.reserved: dict[str, int] = {}
        """by asset"""


class Caps:
    """Of one participant, in smallest units. What is not named has no bound."""

    __slots__ = ("credit", "exposure", "open_notional", "order_size", "position")

    def __init__(self) -> None:
        self.order_size: dict[str, int] = {}
        """by base asset"""
        self.position: dict[tuple[str, str], int] = {}
        """by account, or "" for all, and base asset"""
        self.open_notional: dict[str, int] = {}
        """by quote asset"""
        self.credit: dict[str, int] = {}
        """by asset"""
        self.exposure = Exposure()


class CancelRatio:
    """How many cancels a participant may send for the orders that are taken from it, in windows of ticks."""

    __slots__ = ("cancels", "free", "orders", "per_100_orders", "window", "window_ticks")

    def __init__(self) -> None:
        self.per_100_orders: int | None = None
        """None: any number"""
        self.window_ticks = CANCEL_WINDOW_TICKS
        self.free = CANCELS_FREE
        self.window = 0
        """the number of the window that is counted: tick // window_ticks"""
        self.orders = 0
        self.cancels = 0
