"""What the matching caused, told to everybody it concerns: risk, settlement, the public feed."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from bulkhead.domain.book.outcomes import (
    Accepted,
    Activated,
    Canceled,
    Decremented,
    Displayed,
    Expired,
    Indicative,
    Outcome,
    PhaseChanged,
    Replaced,
    Repriced,
    Rested,
    Traded,
    Triggered,
    Uncrossed,
)
from bulkhead.domain.book_partition.auctions import indicative, phase_changed, uncrossed
from bulkhead.domain.book_partition.breaker import CircuitBreaker
from bulkhead.domain.book_partition.collar_feed import follow_market
from bulkhead.domain.book_partition.endings import canceled, expired
from bulkhead.domain.book_partition.model import BookPartition, TradedInstrument
from bulkhead.domain.book_partition.own_deeds import activated, decremented, repriced, triggered
from bulkhead.domain.book_partition.public_feed import displayed, replaced, rested
from bulkhead.domain.book_partition.trades import traded
from bulkhead.domain.machine import Outbox
from bulkhead.domain.terms import Phase

Teller = Callable[[BookPartition, TradedInstrument, Any, Outbox], None]


def _nothing(partition: BookPartition, instrument: TradedInstrument, event: Any, out: Outbox) -> None:
    """Who has to know is told by who gave the command."""


TELLERS: Final[dict[type, Teller]] = {
    Rested: rested,
    Traded: traded,
    Canceled: canceled,
    Replaced: replaced,
    Displayed: displayed,
    Triggered: triggered,
    Activated: activated,
    Repriced: repriced,
    Decremented: decremented,
    Expired: expired,
    Accepted: _nothing,
    PhaseChanged: phase_changed,
    Indicative: indicative,
    Uncrossed: uncrossed,
}


def tell(
    partition: BookPartition, instrument: TradedInstrument, outcomes: Sequence[Outcome], out: Outbox
) -> None:
    for outcome in outcomes:
        TELLERS[type(outcome)](partition, instrument, outcome, out)
    if instrument.regime.breaker is not None:
        _break_circuit(partition, instrument, instrument.regime.breaker, outcomes, out)
    if instrument.regime.collar is not None:
        follow_market(partition, instrument, instrument.regime.collar, False, out)


def _break_circuit(
    partition: BookPartition,
    instrument: TradedInstrument,
    breaker: CircuitBreaker,
    outcomes: Sequence[Outcome],
    out: Outbox,
) -> None:
    if breaker.trips(partition.tick, outcomes) and instrument.book.phase is Phase.CONTINUOUS:
        breaker.forget()
        tell(partition, instrument, instrument.book.set_phase(breaker.phase), out)
        pause = breaker.pause_clock_ticks
        instrument.regime.ends_at_tick = partition.tick + pause if pause else 0
