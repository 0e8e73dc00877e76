"""What a book is made of."""

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, CONTINUOUS, PRICE_TICKS_MAX, PRICE_TICKS_MIN, SELL
from bulkhead.domain.book.waiting import Waiting
from bulkhead.domain.terms import Phase


class Contents:
    """The data that the commands work on. `pro_rata`: how a price's orders share; None: by time.

    Invariant: `live` holds exactly the orders that rest on `bids` and `asks` or wait in `stops`, by order
    id. `live` is for look-up, never walked where the order could show: its order is the history's.
    Invariant: in continuous trading no order at or above a price is left beside one at or below it that
    it would trade with; only a minimum quantity keeps such two apart.
    `gathered`: orders have come in a call phase, and no uncross has been since.
    `indicative`: what was last told of the next uncross, (price, quantity); None outside a call phase.
    `mark_price_ticks`: a price from outside, that stops may wait for instead of the last trade price.
    `reference_ticks`: the price of the last auction, or what was set: static bands lie around it.
    `price_range_ticks`: the lowest and the highest price to which the book itself may move an order.
    `expiries`: a heap of (time in ms, order id); see `expiry`.
    """

    __slots__ = (
        "asks",
        "bands",
        "bids",
        "expiries",
        "gathered",
        "indicative",
        "last_price_ticks",
        "live",
        "mark_price_ticks",
        "phase",
        "price_range_ticks",
        "reference_ticks",
        "stops",
        "time_ms",
    )

    def __init__(self, pro_rata: ProRata | None = None) -> None:
        self.phase: Phase = CONTINUOUS
        self.last_price_ticks: int | None = None
        self.mark_price_ticks: int | None = None
        self.reference_ticks: int | None = None
        self.bands: Bands | None = None
        self.price_range_ticks = (PRICE_TICKS_MIN, PRICE_TICKS_MAX)
        self.time_ms = 0
        self.live: dict[int, BookOrder] = {}
        self.bids = BookSide(BUY, pro_rata)
        self.asks = BookSide(SELL, pro_rata)
        self.stops = Waiting()
        self.gathered = False
        self.indicative: tuple[int | None, int] = (None, 0)
        self.expiries: list[tuple[int, int]] = []
