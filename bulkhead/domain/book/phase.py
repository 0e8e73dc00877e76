"""Changing the phase of trading."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.equilibrium import equilibrium
from bulkhead.domain.book.expiry import end_day
from bulkhead.domain.book.outcomes import Indicative, Outcome, PhaseChanged
from bulkhead.domain.book.parked import whose_auction_begins
from bulkhead.domain.book.place import gather
from bulkhead.domain.book.terms import CALL_PHASES, CLOSED, CONTINUOUS
from bulkhead.domain.book.uncross import trade_what_gathered
from bulkhead.domain.terms import Phase


def set_phase(book: Contents, phase: Phase) -> list[Outcome]:
    """continuous: orders match on arrival; a call: they gather; halted: only cancel; closed: nothing.

    Resting orders stay, but day orders when it is closed. What has gathered is uncrossed before trading is
    continuous again, if no `uncross` was.
    """
    outcomes: list[Outcome] = []
    if phase == CONTINUOUS and book.gathered:
        trade_what_gathered(book, equilibrium(book), outcomes)
    book.phase = phase
    if phase not in CALL_PHASES:
        book.indicative = (None, 0)
    outcomes.append(PhaseChanged(phase))
    for order in whose_auction_begins(book, phase):
        gather(book, order, outcomes)
    if phase == CLOSED:
        outcomes += end_day(book)
    return outcomes


def tell_indicative(book: Contents, outcomes: list[Outcome]) -> None:
    """In a call phase: Indicative, if it is another than was last told."""
    found = equilibrium(book)
    now = (None, 0) if found is None else (found.price_ticks, found.quantity_lots)
    if now != book.indicative:
        book.indicative = now
        outcomes.append(Indicative(*now))
