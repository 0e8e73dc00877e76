"""Changing the phase of trading."""

from bulkhead.domain.book.contents import Contents
from bulkhead.domain.book.outcomes import Outcome, PhaseChanged
from bulkhead.domain.terms import Phase


def set_phase(book: Contents, phase: Phase) -> list[Outcome]:
    """continuous: orders match on arrival; halted: only cancel; closed: nothing is taken.

    Resting orders stay in each of them. No order arrives outside continuous, so the book can't be crossed
    when it opens again.
    """
    book.phase = phase
    return [PhaseChanged(phase)]
