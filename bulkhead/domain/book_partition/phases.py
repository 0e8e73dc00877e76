"""Phases that come: by an operator, by the timetable, by the end of a pause."""

from bulkhead.domain.book.book import Book
from bulkhead.domain.book.outcomes import Outcome
from bulkhead.domain.book.terms import CALL_PHASES
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.book_partition.timetable import due
from bulkhead.domain.machine import Outbox
from bulkhead.domain.terms import Phase


def enter(book: Book, phase: Phase) -> list[Outcome]:
    """Change the book's phase; where `phase` is what a call ends in, by its uncross."""
    ends = Phase.CLOSED if book.phase is Phase.CLOSING_AUCTION else Phase.CONTINUOUS
    if book.phase in CALL_PHASES and phase is ends:
        return book.uncross()
    return book.set_phase(phase)


def time_passes(partition: BookPartition, out: Outbox) -> None:
    """Let the phases come whose time has come by the tick that the partition has just heard.

    An instrument that is isolated makes up for it when it is released.
    """
    for _, instrument in sorted(partition.instruments.items()):
        if not instrument.regime.isolated:
            _end_pause(partition, instrument, out)
            if instrument.regime.timetable:
                _follow_timetable(partition, instrument, out)


def _end_pause(partition: BookPartition, instrument: TradedInstrument, out: Outbox) -> None:
    regime, book = instrument.regime, instrument.book
    if not 0 < regime.ends_at_tick <= partition.tick:
        return
    phase = Phase.CLOSED if book.phase is Phase.CLOSING_AUCTION else Phase.CONTINUOUS
    tell(partition, instrument, enter(book, phase), out)


def _follow_timetable(partition: BookPartition, instrument: TradedInstrument, out: Outbox) -> None:
    """A halt without an end is somebody's decision: the timetable does not open the instrument."""
    regime, book = instrument.regime, instrument.book
    before_ms, regime.time_ms = regime.time_ms, partition.time_ms
    for phase in due(regime.timetable, before_ms, partition.time_ms):
        held = book.phase is Phase.HALTED and not regime.ends_at_tick
        if not held and book.phase is not phase:
            tell(partition, instrument, enter(book, phase), out)
