"""Book -> market_data: the public feed, order by order; no account is in it."""

from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase, Side


@message
class DepthAdded:
    """The order is displayed from now on, last at its price; an iceberg with its slice, and the next slice
    comes as DepthRemoved and DepthAdded. Of a hidden order, and of a stop that waits, nothing is said.
    """

    instrument_id: str
    order_id: int
    side: Side
    price_ticks: int
    quantity_lots: int


@message
class UnpricedAdded:
    """A market order waits for the uncross: ahead of all limits of its side, by time."""

    instrument_id: str
    order_id: int
    side: Side
    quantity_lots: int


@message
class DepthReduced:
    """The order keeps its priority."""

    instrument_id: str
    order_id: int
    quantity_lots: int
    """what is left"""


@message
class DepthRemoved:
    instrument_id: str
    order_id: int


@message
class TradePublished:
    """Comes before the DepthReduced or DepthRemoved that it causes (in an auction: of both orders)."""

    instrument_id: str
    trade_id: int
    """dense per instrument, from 1"""
    price_ticks: int
    quantity_lots: int
    aggressor_side: Side | None
    """None: a trade of an auction, which two resting orders make"""
    resting_order_id: int | None
    """0: it was hidden; None: as above, and what each of the two has left is told right after it"""
    time_ms: int
    """of the book's last tick"""


@message
class PhasePublished:
    """A phase that is no call ends what IndicativePublished has said."""

    instrument_id: str
    phase: Phase


@message
class IndicativePublished:
    """What an uncross would trade now, told as it changes while orders gather."""

    instrument_id: str
    price_ticks: int | None
    """None: nothing would trade"""
    quantity_lots: int


@message
class BandsPublished:
    """The price bands, told when they or the reference price change. With both widths None there are none."""

    instrument_id: str
    static_ticks: int | None
    """how far a trade may be from `reference_ticks`"""
    dynamic_ticks: int | None
    """how far from the last trade price; while there is none, from `reference_ticks`"""
    reference_ticks: int | None
    """the last auction's price, or what an operator set"""


@message
class MarkPricePublished:
    """The price that stops on mark wait for."""

    instrument_id: str
    price_ticks: int


@message
class SnapshotBegun:
    """A view -> market_snapshots: the next `events` of its stream, which are of market data, rebuild what the
    feed had told by event `sequence`. Who has applied them goes on behind `position` of the feed.
    """

    sequence: int
    """of the book's stream of market data"""
    position: bytes
    """of a frame that ends with that event, in the feed's partition; as the log gives it"""
    events: int


@message
class TotalsTold:
    """In snapshots only, last of what is said of an instrument: the feed's counts by then."""

    instrument_id: str
    orders_added: int
    """that came to rest, and those that a replace gave a new place"""
    trades: int
    volume_lots: int
