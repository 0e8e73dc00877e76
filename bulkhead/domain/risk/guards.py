"""What risk keeps of sessions that may not fall silent, of protected quote groups, of refused commands."""


class Watch:
    """Of a session that has asked for cancel on disconnect. Milliseconds are the exchange's, as ticks count
    them.
    """

    __slots__ = ("after_ms", "participant_id", "silent_ms")

    def __init__(self, participant_id: str, after_ms: int, silent_ms: int = 0) -> None:
        self.participant_id = participant_id
        self.after_ms = after_ms
        self.silent_ms = silent_ms
        """since the session's last event; once it is over it stays what it was"""

    @property
    def is_over(self) -> bool:
        """The session has been silent for too long, and is taken for gone."""
        return self.silent_ms > self.after_ms


class Protection:
    """Of one quote group of one participant."""

    __slots__ = ("filled", "fills_max", "lots_max", "tripped_by", "window_ms")

    def __init__(self, window_ms: int, lots_max: int, fills_max: int) -> None:
        self.window_ms = window_ms
        self.lots_max = lots_max
        self.fills_max = fills_max
        """of either; 0: any number"""
        self.filled: list[tuple[int, int, int]] = []
        """(the exchange's time in milliseconds, lots, fills), oldest first, one for each time that a tick
        brought"""
        self.tripped_by: tuple[int, int] | None = None
        """the limit that was reached, and what was filled of it"""

    def count(self, time_ms: int, lots: int) -> None:
        """One fill; forget those that the window has left behind."""
        filled, begin_ms = self.filled, time_ms - self.window_ms
        while filled and filled[0][0] <= begin_ms:
            del filled[0]
        if filled and filled[-1][0] == time_ms:
            filled[-1] = time_ms, filled[-1][1] + lots, filled[-1][2] + 1
        else:
            filled.append((time_ms, lots, 1))

    def totals(self) -> tuple[int, int]:
        """Lots and fills within the window, as of the last fill."""
        return sum(lots for _, lots, _ in self.filled), sum(fills for _, _, fills in self.filled)


class Breach:
    """How many commands of one participant were refused for one reason, and the numbers of the last one."""

    __slots__ = ("account_id", "actual", "bound", "count")

    def __init__(self, count: int = 0, account_id: str = "", bound: int = 0, actual: int = 0) -> None:
        self.count = count
        self.account_id = account_id
        self.bound = bound
        self.actual = actual
