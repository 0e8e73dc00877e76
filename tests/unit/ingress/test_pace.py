"""A participant's rate, on a clock that the test turns."""

import pytest

from bulkhead.runtime.ingress.pace import BURST_S, FRAME_COMMANDS_MIN, WAIT_MIN_S, Pace

FRAME = FRAME_COMMANDS_MIN


def taken(pace: Pace, per_s: int, now_s: float) -> int:
    """How many frames of one command may be taken at once."""
    count = 0
    while pace.wait_s(now_s) == 0.0:
        pace.count(1, per_s * FRAME, now_s)
        count += 1
    return count


@pytest.mark.parametrize("commands", [1, FRAME, 1000])
@pytest.mark.parametrize("per_s", [1, 10, 2000])
def test_over_a_time_no_more_than_the_rate_and_one_burst_are_taken(per_s: int, commands: int) -> None:
    pace, now_s, count = Pace(), 1000.0, 0
    while now_s < 1010.0:
        if (wait_s := pace.wait_s(now_s)) == 0.0:
            pace.count(commands, per_s * max(commands, FRAME), now_s)
            count += 1
        now_s += wait_s
    assert per_s * 9 <= count <= per_s * (10 + BURST_S) + 1


def test_after_a_rest_a_burst_is_taken_at_once_and_no_more() -> None:
    pace = Pace()
    first = taken(pace, 2000, 1000.0)
    assert abs(first - 2000 * BURST_S) <= 1
    assert taken(pace, 2000, 1000.0) == 0
    assert abs(taken(pace, 2000, 9000.0) - first) <= 1


def test_a_frame_of_many_commands_is_waited_for_as_long_as_they_would_be_alone() -> None:
    pace = Pace()
    pace.count(5_000, 1000, 1000.0)
    assert 4.8 <= pace.wait_s(1000.0) <= 5.0


def test_whoever_waits_waits_long_enough_for_several_frames() -> None:
    pace = Pace()
    taken(pace, 2000, 1000.0)
    assert pace.wait_s(1000.0) >= WAIT_MIN_S
