"""What an order may say beyond its type, time in force, price and quantity. A plain order has none of it."""

from typing import Final

from bulkhead.domain.message import message


@message
class OrderTerms:
    """Which terms go with which order: docs/rules.md. An order with a term that the reader does not know is
    malformed: it must not trade without it.
    """

    stop_price_ticks: int | None = None
    """stop, stop-limit: what they wait for; trailing stop: where it begins, nil: at `trail_ticks` from the
    market"""
    trail_ticks: int | None = None
    """trailing stop: the distance that it keeps"""
    on_mark: bool = False
    """wait for the mark price, not for the last trade price"""
    display_lots: int | None = None
    """0: hidden; more: an iceberg that shows slices of so much"""
    min_quantity_lots: int | None = None
    """what it trades at least"""
    expire_time_ms: int | None = None
    """gtd: when it ends, milliseconds since 1970"""
    slide_ticks: int | None = None
    """post-only: how far from the other side's best price it goes where it would trade"""
    stp_group: str = ""
    """orders of one group of the participant never trade with each other; empty: of none. Between risk and
    book the participant stands before it, and a slash"""
    stp_mode: int = 0
    """what happens instead, an StpMode; 0 where there is no group"""
    quote_group: str = ""
    """the participant's name for orders that it means to cancel together"""
    trader_id: str = ""
    """who of the participant's people, or programs, sent it: for audit"""


NO_TERMS: Final = OrderTerms()
PLACES: Final = {name: place for place, name in enumerate(OrderTerms.__slots__, 1)}  # type: ignore[attr-defined]  # a slotted dataclass has them
"""Of each term in the record, from 1: refusals name a term by it."""
