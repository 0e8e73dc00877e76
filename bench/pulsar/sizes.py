"""How much is sent, in commands of all participants together."""

from dataclasses import dataclass
from typing import NamedTuple


class Load(NamedTuple):
    """At full load, in frames of one size."""

    frame_events: int
    exchange: int
    """through the real machines: a second or more, beside which the way of the first and the last, about a
    tenth of one, is little
    """
    slice: int
    """through runtime and relays, in turn"""


@dataclass(frozen=True)
class Size:
    participants: tuple[int, ...]
    loads: tuple[Load, ...]
    slices: int
    paced: int
    """at `per_s`, one order a frame"""
    per_s: int = 1000
    half_frame_events: int = 32
    """orders a frame at half the maximum, which is the exchange's with frames of this size"""
    half_s: int = 5
    """for how long"""
    window: int = 32_768
    """unanswered at full load: a frame is on its way through four hops for tens of milliseconds"""
    touched_mib: int = 2048
    """of memory before each stretch at full load (bench/memory.py): all processes and what the broker writes
    take 1.7 GB for a million orders of 1,024 a frame
    """
    lanes_max: int = 4
    """The sender's threads; each has its part of the participants."""
    seed: int = 1

    def warm(self, load: Load) -> int:
        """Before anything is timed."""
        return load.slice // 4

    def exchange(self, load: Load, participants: int) -> int:
        """Every participant sends at least one frame."""
        return max(load.exchange, participants * load.frame_events)


FULL = Size(
    participants=(4, 500),
    loads=(Load(1, 15_000, 15_000), Load(32, 80_000, 150_000), Load(1024, 1_000_000, 400_000)),
    slices=3,
    paced=10_000,
)
QUICK = Size(
    participants=(4, 20),
    loads=(Load(1, 3_000, 3_000), Load(32, 20_000, 40_000), Load(1024, 300_000, 100_000)),
    slices=2,
    paced=2_000,
    half_s=2,
    touched_mib=1024,
)
