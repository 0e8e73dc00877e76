"""How fast one participant's frames are taken."""

BURST_S = 0.1
"""So much of its rate a participant that was silent may use at once."""
WAIT_MIN_S = 0.005
"""Whoever waits for its turn waits so long at least: a thread that wakes for each of 2,000 frames a second
costs the others more than the frames.
"""


FRAME_COMMANDS_MIN = 10
"""As many commands a frame counts as, at least: to read one and check its signature, here and in the risk
shard, costs as much as ten commands.
"""


class Pace:
    """A rate of commands, with a burst after a rest."""

    def __init__(self) -> None:
        self._due = 0.0
        """when, at the rate, the next frame may be taken; on the caller's clock, in seconds"""

    def wait_s(self, now_s: float) -> float:
        """How long to wait before the next frame; 0.0: not at all."""
        return max(self._due - now_s, WAIT_MIN_S) if self._due > now_s else 0.0

    def count(self, commands: int, per_s: int, now_s: float) -> None:
        """A frame was taken."""
        self._due = max(self._due, now_s - BURST_S) + max(commands, FRAME_COMMANDS_MIN) / per_s
