"""A shard has halted itself when no replica of it is left that could go on."""

import pytest

from bulkhead.supervision.halting import halted_itself


@pytest.mark.parametrize(
    ("replicas", "expected"),
    [
        ([{"halted"}], True),
        ([{"halted", "running"}], True),  # a view that can't go on with one of the partitions that it follows
        ([{"running"}], False),
        ([{"halted"}, {"halted"}], True),
        ([{"halted"}, {"running"}], False),
        ([{"halted"}, set()], False),  # the other one has died, and is started anew
        ([{"halted"}, {"starting"}], False),
        ([{"superseded"}, {"halted"}], False),
    ],
)
def test_where_a_replica_is_left_the_shard_goes_on(replicas: list[set[str]], expected: bool) -> None:
    assert halted_itself(replicas) is expected
