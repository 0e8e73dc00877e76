"""Whether a shard has halted itself: all of its replicas have."""

from collections.abc import Iterable

HALTED = "halted"


def halted_itself(replicas: Iterable[Iterable[str]]) -> bool:
    """`replicas`: of each, in which states its machines are; of one that is started anew, none.

    Where one of several has halted itself, the others may go on, also one that has just died: it begins
    again, and should it come to the same end, it halts too.
    """
    return all(HALTED in states for states in replicas)
