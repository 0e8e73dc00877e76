"""What operators decide about the trading of one instrument. Who waits for an answer has one."""

from collections.abc import Callable
from typing import Any, Protocol

from bulkhead.domain.book.band_widths import Bands
from bulkhead.domain.book.outcomes import Outcome, Rejected
from bulkhead.domain.book.terms import CALL_PHASES
from bulkhead.domain.book_partition.auctions import tell_bands
from bulkhead.domain.book_partition.breaker import CircuitBreaker
from bulkhead.domain.book_partition.collar_feed import set_price_collar
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.outcomes import tell
from bulkhead.domain.book_partition.phases import enter
from bulkhead.domain.book_partition.timetable import DAY_MS, UNSCHEDULABLE
from bulkhead.domain.machine import Handling, Outbox
from bulkhead.domain.messages.control import SetPhase
from bulkhead.domain.messages.decisions import DECISIONS, ChangeMade, ChangePutAside, ChangeRefused
from bulkhead.domain.messages.listing import RetireInstrument
from bulkhead.domain.messages.market_data import MarkPricePublished
from bulkhead.domain.messages.trading import (
    ClearTimetable,
    SchedulePhase,
    SetBands,
    SetCircuitBreaker,
    SetMarkPrice,
    SetPriceCollar,
    SetReferencePrice,
)
from bulkhead.domain.reasons import Reason, Refusal
from bulkhead.domain.terms import Phase


class Decision(Protocol):
    @property
    def instrument_id(self) -> str: ...

    @property
    def reference(self) -> int: ...


def _set_phase(
    partition: BookPartition, instrument: TradedInstrument, event: SetPhase, out: Outbox
) -> Refusal | None:
    if event.phase is Phase.RETIRED:  # no phase among others: RetireInstrument
        return Reason.PHASE_UNSUITABLE, 0, event.phase
    if instrument.book.phase is event.phase:
        instrument.regime.ends_at_tick = 0  # what would have ended by itself, lasts
    else:
        tell(partition, instrument, enter(instrument.book, event.phase), out)
    return None


def _retire(
    partition: BookPartition, instrument: TradedInstrument, event: RetireInstrument, out: Outbox
) -> Refusal | None:
    """Orders that risk has sent before it hears of this find the book retired, and are refused by it."""
    book = instrument.book
    if book.phase is not Phase.HALTED:
        return Reason.PHASE_NEEDED, Phase.HALTED, book.phase
    orders = sum(1 for _ in book.orders())
    if orders:
        return Reason.ORDERS_OPEN, 0, orders
    instrument.regime.timetable.clear()
    tell(partition, instrument, book.set_phase(Phase.RETIRED), out)
    return None


def _set_bands(
    partition: BookPartition, instrument: TradedInstrument, event: SetBands, out: Outbox
) -> Refusal | None:
    none = event.static_ticks is None and event.dynamic_ticks is None
    bands = None if none else Bands(event.static_ticks, event.dynamic_ticks)
    outcomes = instrument.book.set_bands(bands)
    if outcomes:
        return _out_of_range(outcomes)
    instrument.regime.interruption_clock_ticks = event.interruption_clock_ticks
    tell_bands(partition, instrument, out)
    return None


def _set_reference_price(
    partition: BookPartition, instrument: TradedInstrument, event: SetReferencePrice, out: Outbox
) -> Refusal | None:
    outcomes = instrument.book.set_bands(instrument.book.bands, event.price_ticks)
    if outcomes:
        return _out_of_range(outcomes)
    tell_bands(partition, instrument, out)
    return None


def _set_mark_price(
    partition: BookPartition, instrument: TradedInstrument, event: SetMarkPrice, out: Outbox
) -> Refusal | None:
    outcomes = instrument.book.set_mark_price(event.price_ticks)
    if outcomes and isinstance(outcomes[0], Rejected):
        return _out_of_range(outcomes)
    out.send(partition.market_data, MarkPricePublished(instrument.instrument_id, event.price_ticks))
    tell(partition, instrument, outcomes, out)
    return None


def _set_circuit_breaker(
    partition: BookPartition, instrument: TradedInstrument, event: SetCircuitBreaker, out: Outbox
) -> Refusal | None:
    if event.phase is not Phase.HALTED and event.phase not in CALL_PHASES:
        return Reason.PHASE_UNSUITABLE, 0, event.phase
    instrument.regime.breaker = (
        CircuitBreaker(event.move_ticks, event.window_clock_ticks, event.pause_clock_ticks, event.phase)
        if event.move_ticks
        else None
    )
    return None


def _schedule_phase(
    partition: BookPartition, instrument: TradedInstrument, event: SchedulePhase, out: Outbox
) -> Refusal | None:
    if event.phase in UNSCHEDULABLE:
        return Reason.PHASE_UNSUITABLE, 0, event.phase
    if event.time_of_day_ms >= DAY_MS:
        return Reason.TIME_OF_DAY, DAY_MS, event.time_of_day_ms
    regime = instrument.regime
    if event.at_once:
        regime.time_ms = 0
    elif not regime.timetable:
        regime.time_ms = partition.time_ms  # what was due before there was a timetable stays undone
    regime.timetable[event.time_of_day_ms] = event.phase
    return None


def _clear_timetable(
    partition: BookPartition, instrument: TradedInstrument, event: ClearTimetable, out: Outbox
) -> None:
    instrument.regime.timetable.clear()


def put_aside(event: Decision, out: Outbox) -> None:
    """Its instrument is halted by quarantine: it is carried out when that is over."""
    if event.reference:
        out.send(DECISIONS, ChangePutAside(event.instrument_id, event.reference))


def _out_of_range(outcomes: list[Outcome]) -> Refusal:
    """The book takes no such price or width."""
    refused = outcomes[0]
    assert isinstance(refused, Rejected)  # the caller has looked
    reason = Reason.PRICE_LOW if refused.actual < refused.bound else Reason.PRICE_HIGH
    return reason, refused.bound, refused.actual


Change = Callable[[BookPartition, TradedInstrument, Any, Outbox], Refusal | None]


def _answered(change: Change) -> Callable[[BookPartition, Any, Outbox], None]:
    def apply(partition: BookPartition, event: Decision, out: Outbox) -> None:
        instrument = partition.instruments.get(event.instrument_id)
        if instrument is None:
            return  # control sends none of an instrument that it has not defined here
        refusal: Refusal | None = (Reason.INSTRUMENT_RETIRED, 0, 0)
        if instrument.book.phase is not Phase.RETIRED:
            refusal = change(partition, instrument, event, out)
        if not event.reference:
            return
        if refusal is None:
            phase = instrument.book.phase
            out.send(DECISIONS, ChangeMade(event.instrument_id, event.reference, phase))
        else:
            out.send(DECISIONS, ChangeRefused(event.instrument_id, event.reference, *refusal))

    return apply


_CHANGES: dict[type, Change] = {
    SetPhase: _set_phase,
    SetBands: _set_bands,
    SetReferencePrice: _set_reference_price,
    SetMarkPrice: _set_mark_price,
    SetPriceCollar: set_price_collar,
    SetCircuitBreaker: _set_circuit_breaker,
    SchedulePhase: _schedule_phase,
    ClearTimetable: _clear_timetable,
    RetireInstrument: _retire,
}
HANDLERS: Handling[BookPartition] = {kind: _answered(change) for kind, change in _CHANGES.items()}
