"""The circuit breaker of one instrument: trades too far apart in too short a time change its phase.

As CME Globex's Velocity Logic: a move of so many ticks, up or down, within a time looked back on. The order
whose trade is too far has traded before the phase changes: it is price bands that keep a trade from being
made. An auction's price begins the window anew, since the market has just agreed on it.
"""

from collections import deque
from collections.abc import Iterable

from bulkhead.domain.book.outcomes import Outcome, Traded, Uncrossed
from bulkhead.domain.machine import State
from bulkhead.domain.terms import Phase


class CircuitBreaker:
    """`pause_clock_ticks`: how long the phase lasts that it brings; 0: until an operator ends it."""

    __slots__ = ("_window", "move_ticks", "pause_clock_ticks", "phase", "window_clock_ticks")

    def __init__(
        self, move_ticks: int, window_clock_ticks: int, pause_clock_ticks: int, phase: Phase
    ) -> None:
        self.move_ticks = move_ticks
        self.window_clock_ticks = window_clock_ticks
        self.pause_clock_ticks = pause_clock_ticks
        self.phase = phase
        self._window: deque[tuple[int, int, int]] = deque()
        """(clock tick, lowest, highest price in ticks) of each tick that had trades, oldest first"""

    def trips(self, tick: int, outcomes: Iterable[Outcome]) -> bool:
        """Whether with these outcomes, at this clock tick, trades in the window are too far apart."""
        for outcome in outcomes:
            if isinstance(outcome, Uncrossed):
                self._window.clear()
            if isinstance(outcome, Traded | Uncrossed):
                self._note(tick, outcome.price_ticks)
        while self._window and self._window[0][0] < tick - self.window_clock_ticks:
            self._window.popleft()
        if not self._window:
            return False
        lowest = min(low for _, low, _ in self._window)
        highest = max(high for _, _, high in self._window)
        return highest - lowest > self.move_ticks

    def forget(self) -> None:
        """Begin the window anew."""
        self._window.clear()

    def state(self) -> State:
        return [
            self.move_ticks,
            self.window_clock_ticks,
            self.pause_clock_ticks,
            int(self.phase),
            [list(entry) for entry in self._window],
        ]

    @classmethod
    def from_state(cls, state: State) -> "CircuitBreaker":
        move_ticks, window_clock_ticks, pause_clock_ticks, phase, window = state
        breaker = cls(move_ticks, window_clock_ticks, pause_clock_ticks, Phase(phase))
        breaker._window.extend((tick, low, high) for tick, low, high in window)
        return breaker

    def _note(self, tick: int, price_ticks: int) -> None:
        if self._window and self._window[-1][0] == tick:
            _, low, high = self._window.pop()
            self._window.append((tick, min(low, price_ticks), max(high, price_ticks)))
        else:
            self._window.append((tick, price_ticks, price_ticks))
