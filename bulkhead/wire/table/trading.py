"""Operators' decisions about one instrument, which control passes to its book. SetPhase is in control.py."""

from bulkhead.domain.messages import trading
from bulkhead.wire.kinds import BOOL, ID, TEXT, TICKS, U32, U63, optional
from bulkhead.wire.table.entry import PHASE, entry

TRADING = (
    entry(
        150,
        trading.SetBands,
        instrument_id=ID,
        static_ticks=optional(TICKS),
        dynamic_ticks=optional(TICKS),
        interruption_clock_ticks=U32,
        reason=TEXT,
        reference=U63,
    ),
    entry(151, trading.SetReferencePrice, instrument_id=ID, price_ticks=TICKS, reason=TEXT, reference=U63),
    entry(152, trading.SetMarkPrice, instrument_id=ID, price_ticks=TICKS, reason=TEXT, reference=U63),
    entry(
        153,
        trading.SetCircuitBreaker,
        instrument_id=ID,
        move_ticks=U63,
        window_clock_ticks=U32,
        pause_clock_ticks=U32,
        phase=PHASE,
        reason=TEXT,
        reference=U63,
    ),
    entry(
        154,
        trading.SchedulePhase,
        instrument_id=ID,
        time_of_day_ms=U32,
        phase=PHASE,
        reason=TEXT,
        reference=U63,
        at_once=BOOL,
    ),
    entry(155, trading.ClearTimetable, instrument_id=ID, reason=TEXT, reference=U63),
)
