"""What of a book partition can halt by itself: an instrument.

While it is halted its book is not touched: it may be what made the machine raise. So every command is
refused, cancels too. A ClearBook, whose orders risk has released already, and what operators decide are put
aside. Risk and the public feed are told that the instrument is halted; the book's own phase stays, and is
told when the instrument is released, before what was decided meanwhile.
"""

from typing import Any

from bulkhead.domain.book_partition import decisions
from bulkhead.domain.book_partition.auctions import tell_phase
from bulkhead.domain.book_partition.commands import clear_book, refuse_amendment
from bulkhead.domain.book_partition.linked import refuse_all
from bulkhead.domain.book_partition.model import BookPartition, risk_partition
from bulkhead.domain.book_partition.quotes import refuse_quotes
from bulkhead.domain.book_partition.reversal import refuse_reversal
from bulkhead.domain.isolation import Isolation
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.linked import EnterBracket, EnterPair
from bulkhead.domain.messages.orders import (
    AmendOrder,
    ClearBook,
    EnterOrder,
    EntryRefused,
    RemovalRefused,
    RemoveOrder,
)
from bulkhead.domain.messages.quotes import SetQuotes
from bulkhead.domain.messages.reversal import ReverseTrade
from bulkhead.domain.reasons import Reason
from bulkhead.domain.terms import Phase

_OF_ONE_INSTRUMENT = frozenset(
    (
        EnterOrder,
        EnterPair,
        EnterBracket,
        RemoveOrder,
        AmendOrder,
        SetQuotes,
        ClearBook,
        ReverseTrade,
        *decisions.HANDLERS,
    )
)
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
        instrument.regime.isolated = True
        tell_phase(self._partition, instrument.instrument_id, Phase.HALTED, out)

    def resume(self, subject: str, out: Outbox) -> None:
        instrument = self._partition.instruments[subject.removeprefix(_PREFIX)]
        instrument.regime.isolated = False
        tell_phase(self._partition, instrument.instrument_id, instrument.book.phase, out)

    def refuse(self, message: Any, out: Outbox) -> bool:
        match message:
            case EnterOrder():
                out.send(
                    risk_partition(message.order_id), EntryRefused(message.order_id, Reason.QUARANTINED, 0, 0)
                )
            case EnterPair() | EnterBracket():
                refuse_all(message, Reason.QUARANTINED, 0, 0, out)
            case RemoveOrder():
                asker = self._partition.asker(message.order_id, out)
                out.send(asker, RemovalRefused(message.order_id, Reason.QUARANTINED))
            case AmendOrder():
                refuse_amendment(self._partition, message, Reason.QUARANTINED, 0, 0, out)
            case SetQuotes():
                refuse_quotes(self._partition, message, Reason.QUARANTINED, 0, 0, out)
            case ReverseTrade():
                refuse_reversal(message, Reason.QUARANTINED, 0, 0, out)
            case ClearBook():
                return False
            case _:
                decisions.put_aside(message, out)
                return False
        return True

    def discard(self, message: Any, out: Outbox) -> None:
        """All the same a ClearBook is obeyed, since risk has given its orders up and waits for the answer,
        and so are operators' decisions.
        """
        if isinstance(message, ClearBook):
            clear_book(self._partition, message, out)
        else:
            decisions.HANDLERS[type(message)](self._partition, message, out)
