"""Book -> market_data: the public feed, order by order; no account is in it."""

from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase, Side


@message
class DepthAdded:
    instrument_id: str
    order_id: int
    side: Side
    price_ticks: int
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
    """Comes before the DepthReduced or DepthRemoved that it causes."""

    instrument_id: str
    trade_id: int
    """dense per instrument, from 1"""
    price_ticks: int
    quantity_lots: int
    aggressor_side: Side
    resting_order_id: int


@message
class PhasePublished:
    instrument_id: str
    phase: Phase


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
