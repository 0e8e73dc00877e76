"""Python's garbage collector, told to rest."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 100_000
"""More objects than a look at the youngest generation should meet: it takes about 3 ms for so many."""


@contextmanager
def resting() -> Iterator[None]:
    """While the block makes or visits very many objects and no garbage: the collector would look at all of
    them again and again, for three fifths of the time that a book of a million orders takes to load.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            if gc.get_count()[0] > MANY:
                # All that is there goes to the oldest generation: else the next look at the youngest, some
                # microseconds from now, would be one at everything. Not where few objects are left: the
                # collector then forgets how often it has looked, and who has it rest more often than it would
                # look at the oldest generation never gets rid of a cycle again.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
