"""Python's collector rests while very many objects are made, and goes on with its work afterwards."""

import gc
import weakref

from bulkhead.machines import collector


class Node:
    def __init__(self) -> None:
        self.itself = self


def test_cycles_that_have_grown_old_are_collected_however_often_the_collector_has_rested() -> None:
    node = Node()
    gc.collect()  # now it is old
    gone = weakref.ref(node)
    del node
    kept: list[object] = []
    for _ in range(1_000):
        kept.append([[] for _ in range(1_000)])  # more than a quarter of what there is: then it looks at all
        with collector.resting():
            pass
        if gone() is None:
            return
    raise AssertionError("a million objects later it is still there")


def test_what_was_made_while_it_rested_is_not_looked_at_as_if_it_were_young() -> None:
    with collector.resting():
        kept = [Node() for _ in range(2 * collector.MANY)]
    assert gc.get_count()[0] < collector.MANY
    assert not any(each is kept[0] for each in gc.get_objects(generation=0))
