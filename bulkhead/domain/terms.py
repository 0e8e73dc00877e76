"""The closed vocabularies of the exchange. A number, once given, is never reused."""

from enum import IntEnum


class Side(IntEnum):
    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2
    MARKET_TO_LIMIT = 3
    """what a market order leaves becomes a limit at the last price it traded at"""
    STOP = 4
    """a market order once its stop price is reached"""
    STOP_LIMIT = 5
    """a limit order once its stop price is reached"""
    TRAILING_STOP = 6
    """a stop whose stop price follows the market at a distance"""


class TimeInForce(IntEnum):
    GTC = 1
    """good till canceled"""
    IOC = 2
    """immediate or cancel"""
    FOK = 3
    """fill or kill"""
    DAY = 4
    """until the phase is closed"""
    GTD = 5
    """good till a time"""
    AT_OPEN = 6
    """for the next uncross, unless that is a closing one's or ends an interruption"""
    AT_CLOSE = 7
    """for the next uncross, unless that ends an interruption"""


class Role(IntEnum):
    """Which side of a fill an order was on: it decides the fee rate."""

    MAKER = 1
    TAKER = 2
    AUCTION = 3
    """neither (FIX tag 851, 4): the fee is the taker's (Coinbase Exchange charges it to both sides)"""


class Phase(IntEnum):
    CONTINUOUS = 1
    HALTED = 2
    """only cancels are taken"""
    CLOSED = 3
    """nothing is taken"""
    PRE_OPEN = 4
    """a call: orders gather"""
    AUCTION = 5
    """a call: the opening auction, or one within the day"""
    VOLATILITY_AUCTION = 6
    """a call: a price was about to leave its band"""
    CLOSING_AUCTION = 7
    """a call: its uncross closes the book"""
    RETIRED = 8
    """nothing is taken, and nothing ever will be"""


class AccountState(IntEnum):
    """What an operator lets an account do."""

    ACTIVE = 1
    CLOSE_ONLY = 2
    """cancel, and nothing else"""
    SUSPENDED = 3
    """nothing, not cancel either; its orders stay"""


class LimitKind(IntEnum):
    """What a participant is bounded in. docs/risk.md tells how each is counted."""

    OPEN_ORDERS = 1
    COMMANDS_IN_FLIGHT = 2
    """commands that books have not answered"""
    ORDERS_PER_S = 3
    CANCELS_PER_100_ORDERS = 4
    """in a window"""
    CANCEL_WINDOW_TICKS = 5
    """how long that window is"""
    CANCELS_FREE = 6
    """so many in a window are never too many"""
    ORDER_NOTIONAL = 7
    """of one order, in a quote asset"""
    ORDER_SIZE = 8
    """of one order, in a base asset"""
    POSITION = 9
    """what there is of a base asset and what open buys would add; of the participant or of one account"""
    OPEN_NOTIONAL = 10
    """of all open orders, in a quote asset"""
    CREDIT = 11
    """what is reserved of an asset"""


class StpMode(IntEnum):
    """What happens instead of a trade when an order meets one of its own group."""

    CANCEL_AGGRESSOR = 1
    CANCEL_RESTING = 2
    CANCEL_BOTH = 3
    DECREMENT = 4
    """the smaller quantity is taken off both"""
