"""Bugs in what operators add while the exchange trades, and end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bulkhead.domain.book_partition import machine as book_machine
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.control import distribution, listing
from bulkhead.domain.control import machine as control_machine
from bulkhead.domain.machine import Outbox
from bulkhead.domain.messages.control import DefineInstrument, Tick
from bulkhead.domain.messages.listing import RetireInstrument, SetFees
from bulkhead.domain.risk import machine as risk_machine
from bulkhead.domain.terms import Phase
from bulkhead.simulation.mutants.mutant import Mutant, PutIn, replaced
from bulkhead.simulation.setting import TOPOLOGY


class _BookLast:
    """Holds back what control tells books of instruments, until the next tick."""

    def __init__(self, out: Outbox, control: Any) -> None:
        self._out = out
        self._control = control
        self.source = out.source

    def send(self, destination: str, message: Any) -> None:
        if destination.startswith("books/") and isinstance(message, DefineInstrument):
            self._control.late = [*getattr(self._control, "late", ()), (destination, message)]
        else:
            self._out.send(destination, message)


@contextmanager
def _risk_hears_of_it_before_the_book() -> Iterator[None]:
    """A new instrument trades at once, and its book is told with the next tick."""
    define, tick = distribution.define_instrument, control_machine.HANDLERS[Tick]

    def define_late(control: Any, event: DefineInstrument, out: Outbox) -> None:
        founding = event.instrument_id in TOPOLOGY.instruments
        define(control, event, out if founding else _BookLast(out, control))

    def tick_and_tell(control: Any, event: Tick, out: Outbox) -> None:
        tick(control, event, out)
        for destination, message in getattr(control, "late", ()):
            out.send(destination, message)
        control.late = []

    with (
        replaced(listing, "LISTED_PHASE", Phase.CONTINUOUS),
        replaced(distribution, "define_instrument", define_late),
        replaced(control_machine.HANDLERS, Tick, tick_and_tell),
    ):
        yield


def _retired_with_orders(partition: Any, event: RetireInstrument, out: Outbox) -> None:
    instrument = partition.instruments[event.instrument_id]
    if instrument.book.phase is Phase.HALTED:
        tell(partition, instrument, instrument.book.set_phase(Phase.RETIRED), out)


def _retires_what_has_orders() -> PutIn:
    return replaced(book_machine.HANDLERS, RetireInstrument, _retired_with_orders)


def _tells_a_new_book_no_slots() -> PutIn:
    return replaced(distribution, "slot_runs", lambda control: ())


def _fees_of_live_orders(risk: Any, event: SetFees, out: Outbox) -> None:
    for holder in (*risk.participants.values(), *risk.orders.values()):
        holder.maker_fee_rate, holder.taker_fee_rate = event.maker_fee_rate, event.taker_fee_rate


def _stamps_live_orders_with_new_fees() -> PutIn:
    return replaced(risk_machine.HANDLERS, SetFees, _fees_of_live_orders)


LISTING = (
    Mutant(
        "risk-first",
        "risk hears of an instrument before its book",
        _risk_hears_of_it_before_the_book,
        shown_by=3,
    ),
    Mutant("retire-orders", "retires an instrument that has orders", _retires_what_has_orders, shown_by=3),
    Mutant("slotless", "tells a new book partition no slots", _tells_a_new_book_no_slots, shown_by=3),
    Mutant(
        "fees-at-once", "new fees hold for orders that rest", _stamps_live_orders_with_new_fees, shown_by=3
    ),
)
