"""What of a book partition can halt by itself: an instrument.

While it is halted its book is not touched: it may be what made the machine raise. So every command is
refused, cancels too, and a ClearBook, whose orders risk has released already, is put aside. Risk and the
public feed are told that the instrument is halted; the book's own phase stays, or becomes what an operator
sets meanwhile, and is told when the instrument is released.
"""

from typing import Any

from bulkhead.domain.book_partition.commands import clear_book, refuse_amendment
from bulkhead.domain.book_partition.definitions import tell_phase
from bulkhead.domain.book_partition.model import BookPartition, risk_partition
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.isolation import Isolation
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.orders import (
    AmendOrder,
    ClearBook,
    EnterOrder,
    EntryRefused,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase

_OF_ONE_INSTRUMENT = frozenset((EnterOrder, RemoveOrder, AmendOrder, ClearBook, SetPhase))
_PREFIX = "instrument "


class BookIsolation(Isolation):
    def __init__(self, partition: BookPartition) -> None:
        self._partition = partition

    def subject(self, message: Any) -> str:
        if type(message) in _OF_ONE_INSTRUMENT and message.instrument_id in self._partition.instruments:
            return f"{_PREFIX}{message.instrument_id}"
        return ""

    def halt(self, subject: str, out: Outbox) -> None:
        instrument = self._partition.instruments[subject.removeprefix(_PREFIX)]
        instrument.is_halted = True
        tell_phase(self._partition, instrument.instrument_id, Phase.HALTED, out)

    def resume(self, subject: str, out: Outbox) -> None:
        instrument = self._partition.instruments[subject.removeprefix(_PREFIX)]
        instrument.is_halted = False
        tell_phase(self._partition, instrument.instrument_id, instrument.book.phase, out)

    def refuse(self, message: Any, out: Outbox) -> bool:
        match message:
            case EnterOrder():
                out.send(
                    risk_partition(message.order_id), EntryRefused(message.order_id, Reason.QUARANTINED, 0, 0)
                )
            case RemoveOrder():
                out.send(
                    risk_partition(message.order_id), RemovalRefused(message.order_id, Reason.QUARANTINED)
                )
            case AmendOrder():
                refuse_amendment(message, Reason.QUARANTINED, 0, 0, out)
            case ClearBook():
                return False
            case SetPhase():
                self._set_phase(message, out)
        return True

    def _set_phase(self, message: SetPhase, out: Outbox) -> None:
        """What the phase ends is told; that it is another one is told when the instrument is released."""
        instrument = self._partition.instruments[message.instrument_id]
        tell(self._partition, instrument, instrument.book.set_phase(message.phase), out)

    def discard(self, message: Any, out: Outbox) -> None:
        """A ClearBook is obeyed all the same: risk has given its orders up, and waits for the answer."""
        clear_book(self._partition, message, out)
