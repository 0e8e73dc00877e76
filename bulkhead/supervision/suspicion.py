"""Whether a primary is suspected. A pure machine: who uses it tells it what was heard, and when.

A suspicion may be wrong and is harmless then: the replica that acts on it says what the primary says.
"""


class Suspicion:
    """Of whoever holds the lease. Times are in microseconds of a clock that only goes forward."""

    def __init__(self, after_us: int, now_us: int) -> None:
        """`after_us`: so long a primary may be silent."""
        self._after_us = after_us
        self._heard_at_us = now_us
        self._gone = False

    def allow(self, after_us: int) -> None:
        """How long a primary may be silent from now on."""
        self._after_us = after_us

    def follow(self, now_us: int) -> None:
        """Of another primary from now on, or of the same that was connected to again."""
        self._heard_at_us, self._gone = now_us, False

    def heard(self, now_us: int) -> None:
        self._heard_at_us, self._gone = now_us, False

    def lost(self) -> None:
        """Its process is gone: the connection to it broke, or none could be made."""
        self._gone = True

    def left_us(self, now_us: int) -> int:
        """How long it may still be silent."""
        return 0 if self._gone else max(0, self._heard_at_us + self._after_us - now_us)

    def suspects(self, now_us: int) -> bool:
        return self.left_us(now_us) == 0
