"""A history of the runner's commands, applied to a book itself, so that its outcomes can be seen."""

from dataclasses import fields
from typing import Any

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.book import Book
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.outcomes import Outcome
from bulkhead.domain.terms import Side
from bulkhead.runner.book import PHASES
from bulkhead.runner.book_order import Owner, changes_of, order_of, quote_of
from tests.property.book_commands import PARTS


def apply(book: Book, command: dict[str, Any]) -> list[Outcome]:
    """A command of the runner, applied to the core, so that its outcomes can be seen."""
    match command["type"]:
        case "place":
            return book.place(order_of(command))
        case "pair":
            return book.place_pair(order_of(command["limit"]), order_of(command["stop"]))
        case "bracket":
            return book.place_bracket(*(order_of(command[name]) for name in PARTS))
        case "mass_quote":
            owner = Owner(command["account_id"], command["quote_group"])
            quotes = [quote_of(quote, owner) for quote in command["quotes"]]
            return book.mass_quote(quotes, lambda other: other == owner)
        case "cancel":
            return book.cancel(command["order_id"])
        case "replace":
            return book.replace(command["order_id"], *changes_of(command, book.order(command["order_id"])))
        case "phase":
            return book.set_phase(PHASES[command["phase"]])
        case "uncross":
            return book.uncross()
        case "tick":
            return book.tick(command["time_ms"])
        case "mark_price":
            return book.set_mark_price(command["price_ticks"])
        case "mass_cancel":
            return book.mass_cancel(Side[command["side"].upper()] if "side" in command else None)
        case "bands":
            bands = Bands(command.get("static_ticks"), command.get("dynamic_ticks"))
            return book.set_bands(bands, command.get("reference_ticks"))
    return []


def described(outcomes: list[Outcome]) -> list[str]:
    """Outcomes of two books as comparable text: their orders are different objects with the same ids."""
    return [
        f"{type(outcome).__name__} "
        + " ".join(
            str(value.order_id if isinstance(value, BookOrder) else value)
            for value in (getattr(outcome, field.name) for field in fields(outcome))
        )
        for outcome in outcomes
    ]
