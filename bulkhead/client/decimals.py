"""Between a person's decimals and the exchange's whole numbers: exactly, or not at all."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, Underflow

_PLAIN = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)
_EXPONENT_MAX = 60
"""Longer numbers mean nothing here, and 1e999999999 would take all memory as a whole number."""
_EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, Overflow, Underflow])
"""Products of the longest numbers fit its precision; should one not, it is an error and never rounded."""

UNITS_MAX = 2**62
"""Prices in ticks and quantities in lots go this far."""

DecimalLike = str | int | Decimal


def exact(value: object, what: str) -> Decimal:
    """`value` as a decimal. ValueError for a float, which is another number than the one that was written."""
    if isinstance(value, str):
        if not _PLAIN.fullmatch(value):
            raise ValueError(f"{what} {value!r} is no decimal number: write it like '0.25', without exponent")
        return Decimal(value)
    if isinstance(value, Decimal):
        if not value.is_finite() or not -_EXPONENT_MAX <= value.adjusted() <= _EXPONENT_MAX:
            raise ValueError(f"{what} {value!r} is no number that the exchange could count")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**_EXPONENT_MAX:
            raise ValueError(f"{what}: a number of more than {_EXPONENT_MAX} digits counts nothing here")
        return Decimal(value)
    raise ValueError(
        f"{what} {value!r} is a {type(value).__name__}: pass str, int or Decimal (a float is not the decimal"
        f" that it is written as)"
    )


class Scale:
    """Counts in steps of `unit`: prices in ticks, quantities in lots, amounts in an asset's smallest units.

    `increment` is what the exchange takes multiples of: used to say what would be right. A value that is
    whole in units and not in increments is passed on; the exchange refuses it, since an increment may have
    changed since this was read.
    """

    __slots__ = ("_denominator", "_numerator", "increment", "unit", "what")

    def __init__(self, what: str, unit: Decimal, increment: Decimal | None = None) -> None:
        self.what = what
        self.unit = unit
        self.increment = unit if increment is None else increment
        self._numerator, self._denominator = unit.as_integer_ratio()

    def to_units(self, value: DecimalLike) -> int:
        """How many units `value` is. ValueError that names the nearest right values where it is not whole."""
        number = exact(value, self.what)
        numerator, denominator = number.as_integer_ratio()
        units, rest = divmod(numerator * self._denominator, denominator * self._numerator)
        if rest:
            raise ValueError(self._off(number))
        if not -UNITS_MAX <= units <= UNITS_MAX:
            raise ValueError(f"{self.what} {number:f} is beyond 2^62 units of {self.unit:f}")
        return units

    def to_decimal(self, units: int) -> Decimal:
        """The exact value of so many units."""
        return _EXACT.multiply(self.unit, units)

    def _off(self, number: Decimal) -> str:
        numerator, denominator = number.as_integer_ratio()
        step_numerator, step_denominator = self.increment.as_integer_ratio()
        below = numerator * step_denominator // (denominator * step_numerator)
        return (
            f"{self.what} {number:f} is no multiple of its increment {self.increment:f}: the nearest are"
            f" {_EXACT.multiply(self.increment, below):f} and {_EXACT.multiply(self.increment, below + 1):f}"
        )


def asset_scale(asset_id: str, decimals: int) -> Scale:
    return Scale(f"amount of {asset_id}", Decimal(1).scaleb(-decimals))
