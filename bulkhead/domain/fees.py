"""Fees: rates in 1e-7 of the notional, charged cumulatively per order so that rounding never adds up."""

RATE_ONE = 10**7
"""the rate that is the whole notional"""


def charged(fee_basis: int) -> int:
    """What an order has been charged in all, when rate x notional of its fills adds up to `fee_basis`.

    Quote asset's smallest units, rounded down; negative where rebates prevail.
    """
    return fee_basis // RATE_ONE
