"""What a book is made of."""

from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.side import BookSide
from bulkhead.domain.book.terms import BUY, CONTINUOUS, SELL
from bulkhead.domain.terms import Phase


class Contents:
    """The data that the commands work on.

    Invariant: `live` holds exactly the orders that rest on `bids` and `asks`, by order id; no command
    leaves a bid at or above an ask. `live` is for look-up, never walked: its order is the history's.
    """

    __slots__ = ("asks", "bids", "last_price_ticks", "live", "phase")

    def __init__(self) -> None:
        self.phase: Phase = CONTINUOUS
        self.last_price_ticks: int | None = None
        self.live: dict[int, BookOrder] = {}
        self.bids = BookSide(BUY)
        self.asks = BookSide(SELL)
