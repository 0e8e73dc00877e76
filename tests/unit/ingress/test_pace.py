"""A participant's rate, on a clock that the test turns."""

import pytest

from bulkhead.runtime.ingress.pace import BURST_S, WAIT_MIN_S, Pace


def taken(pace: Pace, per_s: int, now_s: float) -> int:
    """How many may be taken at once."""
    count = 0
    while pace.wait_s(per_s, now_s) == 0.0:
        count += 1
    return count


@pytest.mark.parametrize("per_s", [1, 10, 2000])
def test_over_a_time_no_more_than_the_rate_and_one_burst_are_taken(per_s: int) -> None:
    pace, now_s, count = Pace(), 1000.0, 0
    while now_s < 1010.0:
        wait_s = pace.wait_s(per_s, now_s)
        count += wait_s == 0.0
        now_s += wait_s
    assert per_s * 9 <= count <= per_s * (10 + BURST_S) + 1


def test_after_a_rest_a_burst_is_taken_at_once_and_no_more() -> None:
    pace = Pace()
    first = taken(pace, 2000, 1000.0)
    assert abs(first - 2000 * BURST_S) <= 1
    assert taken(pace, 2000, 1000.0) == 0
    assert abs(taken(pace, 2000, 9000.0) - first) <= 1


def test_whoever_waits_waits_long_enough_for_several_frames() -> None:
    pace = Pace()
    taken(pace, 2000, 1000.0)
    assert pace.wait_s(2000, 1000.0) >= WAIT_MIN_S
