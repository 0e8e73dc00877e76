"""The vocabulary of an order as module constants, and the ranges of its fields.

The constants are members of the enums in `bulkhead.domain.terms`: reading a global costs a third of
looking the member up on its class, and an arriving order is compared with eight of them.
"""

from typing import Final

from bulkhead.domain.terms import OrderType, Phase, Side, TimeInForce

BUY: Final = Side.BUY
SELL: Final = Side.SELL

LIMIT: Final = OrderType.LIMIT
MARKET: Final = OrderType.MARKET

GTC: Final = TimeInForce.GTC
IOC: Final = TimeInForce.IOC
FOK: Final = TimeInForce.FOK

CONTINUOUS: Final = Phase.CONTINUOUS
HALTED: Final = Phase.HALTED
CLOSED: Final = Phase.CLOSED

# The native engine holds each in a signed 64-bit integer, with room for a sum of two prices or quantities.
ORDER_ID_MAX: Final = 2**63 - 1
PRICE_TICKS_MIN: Final = -(2**62)
PRICE_TICKS_MAX: Final = 2**62
QUANTITY_LOTS_MAX: Final = 2**62


def worst_price_ticks(side: Side) -> int:
    """The price of a market order that accepts any price: the end of the range, which no order is past."""
    return PRICE_TICKS_MAX if side == BUY else PRICE_TICKS_MIN
