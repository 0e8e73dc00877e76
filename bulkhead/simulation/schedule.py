"""Virtual time: what is to happen, in the order of its moment, then of being asked for."""

from collections.abc import Callable
from heapq import heappop, heappush

MS = 1_000
S = 1_000_000
"""microseconds"""

Action = Callable[[], None]


class Schedule:
    """Nothing happens but what was asked for, and time goes no further than to the next of it."""

    def __init__(self) -> None:
        self.now_us = 0
        self._due: list[tuple[int, int, Action]] = []
        self._asked = 0

    def at(self, time_us: int, action: Action) -> None:
        """Do it then, or now if that has passed."""
        self._asked += 1
        heappush(self._due, (time_us if time_us > self.now_us else self.now_us, self._asked, action))

    def after(self, delay_us: int, action: Action) -> None:
        self.at(self.now_us + delay_us, action)

    def run_until(self, time_us: int) -> None:
        """Let everything happen that is due up to a moment, which it then is."""
        due = self._due
        while due and due[0][0] <= time_us:
            self.now_us, _, action = heappop(due)
            action()
        self.now_us = time_us

    def run_to_rest(self, limit_us: int) -> bool:
        """Let everything happen; False where there still is something to do after `limit_us` from now."""
        until_us = self.now_us + limit_us
        due = self._due
        while due:
            if due[0][0] > until_us:
                return False
            self.now_us, _, action = heappop(due)
            action()
        return True
