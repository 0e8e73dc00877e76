"""Memory that is at hand before something is timed.

Many a virtual machine gives what is free back to its host. Each page is fetched anew when it is used next,
which takes 13 us where one at hand takes 1.7 (docs/performance.md): then a run measures the host. A machine
of one's own keeps what it has.
"""

import mmap

BLOCK = bytes(1 << 20)


def touch(mebibytes: int) -> None:
    """Use so much once, and let go of it."""
    with mmap.mmap(-1, mebibytes * len(BLOCK)) as memory:
        for _ in range(mebibytes):
            memory.write(BLOCK)
