"""How an instrument is traded: what changes its phase besides operators, which are a timetable, a pause's end
and a circuit breaker, and its price collar.
"""

from bulkhead.domain.book_partition.breaker import CircuitBreaker
from bulkhead.domain.book_partition.collar import Collar
from bulkhead.domain.machine import State
from bulkhead.domain.terms import Phase


class Regime:
    """Of one instrument. Clock ticks are counted by their number."""

    __slots__ = (
        "breaker",
        "collar",
        "ends_at_tick",
        "interruption_clock_ticks",
        "isolated",
        "time_ms",
        "timetable",
    )

    def __init__(self) -> None:
        self.interruption_clock_ticks = 0
        """how long a volatility interruption lasts; 0: until an operator ends it"""
        self.ends_at_tick = 0
        """when the phase ends by itself; 0: it does not"""
        self.breaker: CircuitBreaker | None = None
        self.collar: Collar | None = None
        self.timetable: dict[int, Phase] = {}
        """by time of day in ms"""
        self.time_ms = 0
        """up to when the timetable has been carried out; 0: of what was before, only the last phase counts"""
        self.isolated = False
        """halted because of an event that could not be applied: its book is not touched"""

    def state(self) -> State:
        """Nothing is said of what there is nothing of, so that most instruments' states are short."""
        saved: State = {}
        if self.interruption_clock_ticks:
            saved["interruption"] = self.interruption_clock_ticks
        if self.ends_at_tick:
            saved["ends_at_tick"] = self.ends_at_tick
        if self.breaker is not None:
            saved["breaker"] = self.breaker.state()
        if self.collar is not None:
            saved["collar"] = self.collar.state()
        if self.timetable:
            saved["timetable"] = [[time_ms, int(phase)] for time_ms, phase in sorted(self.timetable.items())]
            saved["time_ms"] = self.time_ms
        if self.isolated:
            saved["isolated"] = True
        return saved

    @classmethod
    def from_state(cls, saved: State) -> "Regime":
        regime = cls()
        regime.interruption_clock_ticks = saved.get("interruption", 0)
        regime.ends_at_tick = saved.get("ends_at_tick", 0)
        if "breaker" in saved:
            regime.breaker = CircuitBreaker.from_state(saved["breaker"])
        if "collar" in saved:
            regime.collar = Collar(*saved["collar"])
        regime.timetable = {time_ms: Phase(phase) for time_ms, phase in saved.get("timetable", ())}
        regime.time_ms = saved.get("time_ms", 0)
        regime.isolated = saved.get("isolated", False)
        return regime
