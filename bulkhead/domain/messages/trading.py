"""Operators -> control -> book: how one instrument is traded. The book answers each that has a `reference`
(messages/decisions.py).

`reason`: the operator's words, for who reads the log later. `reference`: the operator's own number for the
decision; 0: nobody waits for an answer. A width or a move is counted in ticks of the price, a time in ticks
of the clock (`..._clock_ticks`).
"""

from bulkhead.domain.message import message
from bulkhead.domain.terms import Phase


@message
class SetBands:
    """Price bands from now on; None: none of that kind."""

    instrument_id: str
    static_ticks: int | None
    """how far from the reference price a trade may be"""
    dynamic_ticks: int | None
    """how far from the last trade price"""
    interruption_clock_ticks: int
    """after so many ends the interruption that an order begins which would trade outside; 0: an operator
    ends it"""
    reason: str = ""
    reference: int = 0


@message
class SetReferencePrice:
    """The price that the static band lies around, until the next auction has one."""

    instrument_id: str
    price_ticks: int
    reason: str = ""
    reference: int = 0


@message
class SetMarkPrice:
    """A price from outside: stops may wait for it."""

    instrument_id: str
    price_ticks: int
    reason: str = ""
    reference: int = 0


@message
class SetCircuitBreaker:
    """Where trades within the window are further apart than `move_ticks`, the phase changes by itself."""

    instrument_id: str
    move_ticks: int
    """0: no circuit breaker"""
    window_clock_ticks: int
    """0: trades between two ticks only"""
    pause_clock_ticks: int
    """after so many it ends: a halt by continuous trading, a call by its uncross; 0: an operator ends it"""
    phase: Phase
    """halted, or a call"""
    reason: str = ""
    reference: int = 0


@message
class SetPriceCollar:
    """Orders whose price is worse for them than the last trade price by more than this are refused by risk,
    which the book tells of it (CollarMoved).
    """

    instrument_id: str
    per_mille: int
    """of the price; 0: no collar"""
    on_mark: bool
    """held against the mark price, not the last trade price"""
    reason: str = ""
    reference: int = 0


@message
class SchedulePhase:
    """One entry of the instrument's timetable: at this time of every day, at the first tick at or past it."""

    instrument_id: str
    time_of_day_ms: int
    """since midnight, UTC; another entry of the same time is replaced"""
    phase: Phase
    reason: str = ""
    reference: int = 0
    at_once: bool = False
    """as at the founding: with the next tick comes the phase that the timetable has for that time; otherwise
    the phases come whose time comes from now on"""


@message
class ClearTimetable:
    """No phase comes by itself at a time of day any more."""

    instrument_id: str
    reason: str = ""
    reference: int = 0
