"""Quotes as a program gives them: decimals become whole numbers, names become numbers."""

from collections.abc import Iterable
from typing import NamedTuple

from bulkhead.client.decimals import DecimalLike
from bulkhead.client.report import InstrumentScales
from bulkhead.client.terms import lots, member
from bulkhead.domain.messages import quotes
from bulkhead.domain.terms import Side


class Quote(NamedTuple):
    """One quote of a mass quote, of which a plain tuple will do, too."""

    client_order_id: str
    """names it from one mass quote to the next"""
    side: Side | str
    quantity: DecimalLike
    """what is to be open from now on, in the base asset; 0: withdraw it"""
    price: DecimalLike | None = None
    """needed unless it is withdrawn; in the quote asset for one of the base asset"""


QuoteLike = Quote | tuple[str, Side | str, DecimalLike] | tuple[str, Side | str, DecimalLike, DecimalLike]


def counted(scales: InstrumentScales, given: Iterable[QuoteLike]) -> tuple[quotes.Quote, ...]:
    """ValueError as `Client.mass_quote`."""
    return tuple(_counted(scales, Quote(*quote)) for quote in given)


def _counted(scales: InstrumentScales, quote: Quote) -> quotes.Quote:
    quantity_lots = lots(scales.quantity, quote.quantity)
    if quote.price is None and quantity_lots:
        raise ValueError(f"quote {quote.client_order_id!r} has no price: only one of quantity 0 needs none")
    price_ticks = 0 if quote.price is None else scales.price.to_units(quote.price)
    side = member(Side, quote.side, "side")
    return quotes.Quote(quote.client_order_id, side, price_ticks, quantity_lots)
