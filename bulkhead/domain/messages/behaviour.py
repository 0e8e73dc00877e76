"""The rules' version, changed while the exchange trades: an operator's decision, what shards say of it.

In a change to a higher version those who are asked switch first, and those who ask when all of them have:
settlement, then books, then risk, each told by control (TakeBehaviour) and answering it (BehaviourTaken).
Back it goes the other way round, and who asks says so in its own streams (BehaviourLeft): behind that nothing
of the higher version comes. `change`: the number of the change, from 1.
"""

from bulkhead.domain.message import message


@message
class ChangeBehaviour:
    """Operator -> control: the exchange's rules are these, or again those of before, from then on."""

    version: int
    reason: str = ""
    """the operator's words, for who reads the log later"""


@message
class TakeBehaviour:
    """Control -> a shard: its rules are these from this input on, or, where it has to wait, from the last
    BehaviourLeft on that it waits for. A replica that does not know the version halts.
    """

    change: int
    version: int
    askers: int
    """so many shards have to have said BehaviourLeft first; 0 where the version rises"""
    asked: int
    """to so many shards it says BehaviourLeft; 0 where the version rises"""


@message
class BehaviourTaken:
    """A shard -> control, and control -> `decisions`: its rules are these."""

    change: int
    shard: str
    version: int


@message
class BehaviourLeft:
    """A risk shard -> every book, a book -> every settlement shard: what follows is of this version."""

    change: int
    shard: str
    """which says it"""
    version: int


@message
class BehaviourChanged:
    """Control -> `decisions`: every shard has these rules."""

    change: int
    version: int
