"""The price collar: how much worse than the market an order's price may be for who sends it.

The book tells the price and the width (CollarMoved). A buy may cost at most so much more, a sell bring at
least so much less; a price on the other side of the market harms nobody. A stop is held against its own stop
price, since that is where the market will be when it trades.
"""

from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.limits import CollarMoved
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.risk.model import Instrument, Risk
from bulkhead.domain.terms import Side


def check_collar(
    instrument: Instrument, side: int, price_ticks: int, stop_price_ticks: int | None
) -> Refusal | None:
    """`stop_price_ticks`: of an order that waits for it; otherwise None."""
    collar = instrument.collar
    if collar is None:
        return None
    per_mille, market_ticks = collar
    reference_ticks = market_ticks if stop_price_ticks is None else stop_price_ticks
    if reference_ticks is None:
        return None
    width_ticks = reference_ticks * per_mille // 1000
    if side == Side.BUY and price_ticks > reference_ticks + width_ticks:
        return Reason.PRICE_COLLAR, reference_ticks + width_ticks, price_ticks
    if side == Side.SELL and price_ticks < reference_ticks - width_ticks:
        return Reason.PRICE_COLLAR, reference_ticks - width_ticks, price_ticks
    return None


def collar_moved(risk: Risk, event: CollarMoved, out: Outbox) -> None:
    collar = (event.per_mille, event.reference_ticks) if event.per_mille else None
    instrument = risk.instruments.get(event.instrument_id)
    if instrument is not None:
        instrument.collar = collar
    elif collar is not None:
        risk.early_collars[event.instrument_id] = collar
    else:
        risk.early_collars.pop(event.instrument_id, None)
