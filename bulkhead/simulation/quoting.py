"""Mass quotes drawn by chance: a market maker's, who moves a few quotes on either side, and some of one who
errs.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from bulkhead.domain.messages.quotes import MassQuote, Quote
from bulkhead.domain.terms import Side
from bulkhead.simulation.special_orders import STEPS


def mass_quote(
    chance: random.Random,
    account_id: str,
    instrument_id: str,
    request_id: str,
    prices_ticks: tuple[int, int],
    others: Sequence[str],
) -> MassQuote:
    """`others`: client order ids of which one may be named that is no quote."""
    step = STEPS.get(instrument_id, 1)
    low, high = prices_ticks
    middle_ticks = chance.randrange(low + step, high, step)
    quotes = []
    for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
        for level in range(chance.choice((0, 1, 1, 2))):
            away_ticks = sign * step * (level + chance.randint(0 if side is Side.BUY else 1, 2))
            lots = 0 if chance.random() < 0.2 else step * chance.randint(2, 7)
            name = f"q{instrument_id}.{side.name.lower()}{level}"
            quotes.append(Quote(name, int(side), middle_ticks + away_ticks, lots))
    group = "quotes" if chance.random() < 0.97 else chance.choice(("", "other"))
    if quotes and chance.random() < 0.1:
        quotes.append(_mistake(chance, quotes[0], others))
    return MassQuote(request_id, account_id, instrument_id, group, tuple(quotes))


def _mistake(chance: random.Random, quote: Quote, others: Sequence[str]) -> Quote:
    """A quote that all are refused for, or one that crosses, repeats or withdraws what is not there."""
    return chance.choice(
        (
            quote,
            replace(quote, client_order_id="none", quantity_lots=0),
            replace(quote, client_order_id="crosses", side=3 - quote.side),
            replace(quote, client_order_id="sideless", side=0),
            replace(quote, client_order_id="large", quantity_lots=2**62),
            replace(quote, client_order_id="low", price_ticks=-1),
            replace(quote, client_order_id=chance.choice(others) if others else ""),
        )
    )
