"""How an instrument is being traded, in a few words behind its phase."""

from rich.text import Text

from bulkhead.views.session import SessionView
from commands.screen.units import Units


def session_text(session: SessionView, units: Units) -> Text:
    """`  indicative 101.50 x 3.2  bands 95.00 to 105.00  mark 101.00`: what there is of it."""
    text = Text()
    for name, said in session_words(session, units).items():
        text.append(f"  {name} ", "dim").append(said)
    return text


def session_words(session: SessionView, units: Units) -> dict[str, str]:
    """By name what there is to say beyond the phase."""
    words = {}
    indicative, bands, mark_ticks = session["indicative"], session["bands"], session["mark_price_ticks"]
    if indicative is not None:
        price_ticks = indicative["price_ticks"]
        quantity = units.quantity_text(indicative["quantity_lots"])
        words["indicative"] = (
            "none" if price_ticks is None else f"{units.price_text(price_ticks)} x {quantity}"
        )
    if bands is not None:
        low, high = bands["low_ticks"], bands["high_ticks"]
        words["bands"] = " to ".join("open" if at is None else units.price_text(at) for at in (low, high))
    if mark_ticks is not None:
        words["mark"] = units.price_text(mark_ticks)
    return words
