"""Bounds of amounts. Prices and quantities are checked against their instrument's bounds before they are
multiplied.
"""

AMOUNT_MAX = 2**127 - 1
"""An amount fits 127 bits, so that its signed form fits the 16 bytes that the wire gives it."""

NOTIONAL_MAX = 2**101
"""What all lots of one order may cost at the highest price of its instrument. Then rate x notional, added up
over its fills and with the notional itself, is below 2^101 x (10^7 + 10^7) < 2^126: it fits a signed 128-bit
integer, which is what the native engine has.
"""
