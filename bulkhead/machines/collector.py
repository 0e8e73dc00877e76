"""Python's garbage collector, told to rest."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
            # All that is there goes to the oldest generation: else the next look at the youngest, some
            # microseconds from now, would be one at everything.
            gc.freeze()
            gc.unfreeze()
            gc.enable()
