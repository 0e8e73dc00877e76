"""The closed vocabularies of the exchange. A number, once given, is never reused."""

from enum import IntEnum


class Side(IntEnum):
    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    GTC = 1
    """good till canceled"""
    IOC = 2
    """immediate or cancel"""
    FOK = 3
    """fill or kill"""


class Role(IntEnum):
    """Which side of a fill an order was on: it decides the fee rate."""

    MAKER = 1
    TAKER = 2


class Phase(IntEnum):
    CONTINUOUS = 1
    HALTED = 2
    """only cancels are taken"""
    CLOSED = 3
    """nothing is taken"""
