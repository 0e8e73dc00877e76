"""What goes through: per second over the last moments, and in all."""

from collections import deque
from collections.abc import Mapping

from rich.text import Text

from commands.screen.units import rate_text

WINDOW_S = 5.0
"""Long enough to be read while it changes, short enough to show a burst."""


class RateMeter:
    """Rates of counters that only grow, over the last WINDOW_S. Time is passed in, in seconds."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, dict[str, int]]] = deque()

    def rates(self, now_s: float, counters: Mapping[str, int]) -> dict[str, float]:
        """Take a reading; per second and counter since the oldest reading in the window, 0 at the first."""
        samples = self._samples
        samples.append((now_s, dict(counters)))
        # The oldest one stays until the next is as old as the window: two readings there are always.
        while len(samples) > 2 and now_s - samples[1][0] >= WINDOW_S:
            samples.popleft()
        then_s, oldest = samples[0]
        passed_s = now_s - then_s
        return {
            name: (count - oldest.get(name, 0)) / passed_s if passed_s > 0 else 0.0
            for name, count in counters.items()
        }


def rates_line(per_second: Mapping[str, float], totals: Mapping[str, str], ascii_only: bool = False) -> Text:
    """One line: `orders 1,203/s  trades 0.40/s │ volume 51.2 BTC`."""
    line = Text(overflow="crop", no_wrap=True)
    for name, rate in per_second.items():
        line.append(f"{name} ", "dim").append(f"{rate_text(rate)}/s  ", "bold")
    if per_second and totals:
        line.append("| " if ascii_only else "│ ", "dim")
    for name, text in totals.items():
        line.append(f"{name} ", "dim").append(f"{text}  ")
    line.rstrip()
    return line
