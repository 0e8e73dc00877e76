"""An instrument's timetable: at which time of every day which phase comes. Times of day are in UTC."""

from typing import Final

from bulkhead.domain.terms import Phase

DAY_MS: Final = 86_400_000
UNSCHEDULABLE = frozenset({Phase.HALTED, Phase.VOLATILITY_AUCTION, Phase.RETIRED})
"""A halt, or the end, is somebody's decision, an interruption the market's: no time of day brings them."""


def due(timetable: dict[int, Phase], before_ms: int, now_ms: int) -> list[Phase]:
    """The phases whose time has come after `before_ms` and up to `now_ms`, milliseconds since 1970, in order.

    After more than a day without time each once, as the last day has them. With no time before (0), only the
    last one: the market did not live through those before it.
    """
    begin_ms = max(before_ms, now_ms - DAY_MS)
    found = sorted((_last(time_ms, now_ms), phase) for time_ms, phase in timetable.items())
    phases = [phase for at_ms, phase in found if at_ms > begin_ms]
    return phases if before_ms else phases[-1:]


def _last(time_of_day_ms: int, now_ms: int) -> int:
    """The last moment, up to now, that had this time of day."""
    return now_ms - (now_ms - time_of_day_ms) % DAY_MS
