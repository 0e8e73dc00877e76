"""What a partition on Pulsar holds: counting back over its ledgers."""

import pytest

from bulkhead.log.pulsar.positions import Extent, Ledger, Place

EXTENT = Extent([Ledger(3, 2), Ledger(5, 0), Ledger(7, 3)])


@pytest.mark.parametrize(
    ("count", "after"),
    [
        (0, Place(7, 2)),
        (1, Place(7, 1)),
        (2, Place(7, 0)),
        (3, Place(3, 1)),
        (4, Place(3, 0)),
        (5, None),
        (6, None),
    ],
)
def test_so_many_messages_stand_after_the_place(count: int, after: Place | None) -> None:
    assert EXTENT.before_last(count) == after
    assert EXTENT.after(after) == min(count, 5)
