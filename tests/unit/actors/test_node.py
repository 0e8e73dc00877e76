"""A machine that joins an exchange."""

from itertools import accumulate, repeat

from actors.node import LASTS_S, pause


def test_a_node_that_never_lasts_joins_more_and_more_seldom_until_one_has_lasted() -> None:
    pauses = accumulate(repeat(1.0, 6), pause, initial=0.0)
    assert list(pauses)[1:] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert pause(30.0, LASTS_S) == 2.0
    assert pause(2.0, LASTS_S - 1) == 4.0
