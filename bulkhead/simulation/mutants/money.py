"""Bugs in what is reserved, matched, charged and settled."""

from typing import Any

from bulkhead.domain.book import place as book_place
from bulkhead.domain.book.order import BookOrder
from bulkhead.domain.book.terms import MARKET, worst_price_ticks
from bulkhead.domain.book_partition import fill
from bulkhead.domain.risk import answers, reservation
from bulkhead.domain.settlement.model import Settlement
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced


def _computes_fees_in_floats() -> PutIn:
    return replaced(fill, "charged", lambda basis: int(float(basis) / 1e7 // 1))


def _reserves_for_the_newest_version_only() -> PutIn:
    worst = reservation.worst_cost
    return replaced(reservation, "worst_cost", lambda order, versions: worst(order, versions[-1:]))


def _keeps_reservations_of_ended_orders() -> PutIn:
    end = answers.end

    def keeping(risk: Any, order: Any) -> None:
        with replaced(vars(answers), "reserve", lambda order: None):
            end(risk, order)

    return replaced(answers, "end", keeping)


def _trades_past_the_protection_price() -> PutIn:
    match = vars(book_place)["match"]

    def unprotected(book: Any, aggressor: BookOrder, opposite: Any, found: list[Any]) -> None:
        limit = aggressor.price_ticks
        if aggressor.order_type == MARKET:
            aggressor.price_ticks = worst_price_ticks(aggressor.side)
        match(book, aggressor, opposite, found)
        aggressor.price_ticks = limit

    return replaced(vars(book_place), "match", unprotected)


def _settles_one_leg_only() -> PutIn:
    book = Settlement.book
    return replaced(Settlement, "book", lambda self, movements: book(self, movements[:1]))


MONEY = (
    Mutant("float", "a fee is computed in floats", _computes_fees_in_floats),
    Mutant("newest-only", "reserves for the newest replace only", _reserves_for_the_newest_version_only),
    Mutant("keep-reserved", "keeps what ended orders had reserved", _keeps_reservations_of_ended_orders),
    Mutant("unprotected", "trades past a protection price", _trades_past_the_protection_price),
    Mutant("one-leg", "settles the first movement of a leg only", _settles_one_leg_only),
)
