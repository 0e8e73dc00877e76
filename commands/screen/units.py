"""Ticks and lots as people read them. Exact: integers times decimals, no float."""

from dataclasses import dataclass
from decimal import Context, Decimal

from rich.text import Text

# Wide enough that no product of a 64-bit integer and a tick is ever rounded.
_EXACT = Context(prec=80)


@dataclass(frozen=True)
class Units:
    """What one tick costs and one lot is, with the assets' names for the headings."""

    tick: Decimal
    lot: Decimal
    base: str = ""
    quote: str = ""

    def price(self, ticks: int) -> Decimal:
        return _EXACT.multiply(self.tick, ticks)

    def quantity(self, lots: int) -> Decimal:
        return _EXACT.multiply(self.lot, lots)

    def price_text(self, ticks: int) -> str:
        """With the tick's places and thousands apart: 87,123.40."""
        return f"{self.price(ticks):,f}"

    def quantity_text(self, lots: int) -> str:
        return f"{self.quantity(lots):,f}"


def aligned(text: str, style: str) -> Text:
    """A decimal whose zeros at the end are dim: they keep the points under each other and say nothing."""
    kept = text.rstrip("0").rstrip(".") if "." in text else text
    return Text.assemble((kept, style), (text[len(kept) :], f"dim {style}"))


def rate_text(per_second: float) -> str:
    """Three digits are enough for a rate: 1,203, 24.5, 0.40."""
    if per_second >= 100:
        return f"{per_second:,.0f}"
    return f"{per_second:.1f}" if per_second >= 10 else f"{per_second:.2f}"
