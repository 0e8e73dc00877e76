"""The vocabulary of an order as module constants, and the ranges of its fields.

The constants are members of the enums in `bulkhead.domain.terms`: reading a global costs a third of
looking the member up on its class, and an arriving order is compared with eight of them.
"""

from typing import Final

from bulkhead.domain.terms import OrderType, Phase, Side, StpMode, TimeInForce

BUY: Final = Side.BUY
SELL: Final = Side.SELL

LIMIT: Final = OrderType.LIMIT
MARKET: Final = OrderType.MARKET
MARKET_TO_LIMIT: Final = OrderType.MARKET_TO_LIMIT
STOP: Final = OrderType.STOP
STOP_LIMIT: Final = OrderType.STOP_LIMIT
TRAILING_STOP: Final = OrderType.TRAILING_STOP

WAITING_TYPES: Final = frozenset({STOP, STOP_LIMIT, TRAILING_STOP})
"""An order of these waits, unseen; triggered, it is of another."""
UNPRICED_TYPES: Final = frozenset({MARKET, MARKET_TO_LIMIT})
"""These gather ahead of all limits: their price is a protection, not a limit."""

GTC: Final = TimeInForce.GTC
IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK
DAY: Final = TimeInForce.DAY
GTD: Final = TimeInForce.GTD
AT_OPEN: Final = TimeInForce.AT_OPEN
AT_CLOSE: Final = TimeInForce.AT_CLOSE

CONTINUOUS: Final = Phase.CONTINUOUS
HALTED: Final = Phase.HALTED
CLOSED: Final = Phase.CLOSED
PRE_OPEN: Final = Phase.PRE_OPEN
AUCTION: Final = Phase.AUCTION
VOLATILITY_AUCTION: Final = Phase.VOLATILITY_AUCTION
CLOSING_AUCTION: Final = Phase.CLOSING_AUCTION

CALL_PHASES: Final = frozenset({PRE_OPEN, AUCTION, VOLATILITY_AUCTION, CLOSING_AUCTION})
"""Orders gather and do not match, until an uncross."""

CANCEL_AGGRESSOR: Final = StpMode.CANCEL_AGGRESSOR
CANCEL_RESTING: Final = StpMode.CANCEL_RESTING
CANCEL_BOTH: Final = StpMode.CANCEL_BOTH
DECREMENT: Final = StpMode.DECREMENT

# The native engine holds each in a signed 64-bit integer, with room for a sum of two prices or quantities.
ORDER_ID_MAX: Final = 2**63 - 1
PRICE_TICKS_MIN: Final = -(2**62)
PRICE_TICKS_MAX: Final = 2**62
QUANTITY_LOTS_MAX: Final = 2**62


def worst_price_ticks(side: Side) -> int:
    """The price of a market order that accepts any price: the end of the range, which no order is past."""
    return PRICE_TICKS_MAX if side == BUY else PRICE_TICKS_MIN
