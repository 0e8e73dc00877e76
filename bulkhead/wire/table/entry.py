"""One row of the table, and the kinds that several of its files need."""

from dataclasses import dataclass, fields, replace

from bulkhead.domain.messages.order_terms import OrderTerms
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import OrderType, Phase, Role, Side, TimeInForce
from bulkhead.wire.kinds import BOOL, LOTS, NAME, TEXT, TICKS, U8, U63, Kind, one_of, optional, record


@dataclass(frozen=True)
class Entry:
    number: int
    message: type
    kinds: tuple[Kind, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in fields(self.message))[: len(self.kinds)]

    @property
    def before(self) -> "Entry | None":
        """As it was before it got its last field; None where it has it from the beginning."""
        has_grown = self.kinds and self.kinds[-1].later
        return replace(self, kinds=self.kinds[:-1]) if has_grown else None


def entry(number: int, message: type, /, **kinds: Kind) -> Entry:
    names = tuple(field.name for field in fields(message))
    if names != tuple(kinds):
        raise TypeError(
            f"wire table, type {number}: {message.__name__} has {names}, the table {tuple(kinds)}"
        )
    grown = [field for field in fields(message) if kinds[field.name].later]
    if grown != list(fields(message))[len(names) - len(grown) :] or any(each.default != 0 for each in grown):
        raise TypeError(f"wire table, type {number}: what came later is last, and is 0 where it is left out")
    return Entry(number, message, tuple(kinds.values()))


SIDE, TYPE, TIF, ROLE, PHASE, REASON = (
    one_of(vocabulary) for vocabulary in (Side, OrderType, TimeInForce, Role, Phase, Reason)
)

TERMS = optional(
    record(
        OrderTerms,
        stop_price_ticks=optional(TICKS),
        trail_ticks=optional(TICKS),
        on_mark=BOOL,
        display_lots=optional(LOTS),
        min_quantity_lots=optional(LOTS),
        expire_time_ms=optional(U63),
        slide_ticks=optional(TICKS),
        stp_group=NAME,
        stp_mode=U8,
        quote_group=TEXT,
        trader_id=TEXT,
    )
)
