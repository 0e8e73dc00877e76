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
    """0: it was hidden"""


@message
class PhasePublished:
    instrument_id: str
    phase: Phase
