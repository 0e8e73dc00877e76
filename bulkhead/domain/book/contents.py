"""What a book is made of."""

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book_rules import PLAIN_RULES, BookRules
from bulkhead.domain.book.link import Link
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.pro_rata import ProRata
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, CONTINUOUS, PRICE_TICKS_MAX, PRICE_TICKS_MIN, SELL
from bulkhead.domain.book.waiting import Waiting
from bulkhead.domain.terms import Phase


class Contents:
    """The data that the commands work on. `pro_rata`: how a price's orders share; None: by time.

    Invariant: `live` holds exactly the orders that rest on `bids` and `asks`, wait in `stops` or are
    `parked`, by order id. It is for look-up, never walked where its order, the history's, could show.
    `parked`: by order id, in the order in which they came; see `parked`.
    `links`: by the order ids of their members; see `links`. Invariant between commands: all these live.
    Invariant: in continuous trading no order at or above a price is left beside one at or below it that
    it would trade with; only a minimum quantity keeps such two apart.
    Invariant: a `quiet` book has no stops and no links, so nothing follows from a command in continuous
    trading. One flag, since a plain order asks for it: `Book._follow` finds out anew.
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
        "links",
        "live",
        "mark_price_ticks",
        "parked",
        "phase",
        "price_range_ticks",
        "quiet",
        "reference_ticks",
        "rules",
        "stops",
        "time_ms",
    )

    def __init__(self, pro_rata: ProRata | None = None, rules: BookRules = PLAIN_RULES) -> None:
        self.rules = rules
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
        self.parked: dict[int, BookOrder] = {}
        self.links: dict[int, Link] = {}
        self.quiet = True
        self.gathered = False
        self.indicative: tuple[int | None, int] = (None, 0)
        self.expiries: list[tuple[int, int]] = []
