"""What a machine of the domain is: it handles one message at a time and says messages to partitions."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

State = Any
"""Plain structures (dict with text keys, list, int, text, bytes, bool, None), ordered by value."""

Handler = Callable[[Any, "Outbox"], None]

S = TypeVar("S")
Handling = dict[type, Callable[[S, Any, "Outbox"], None]]
"""A machine's handlers by message class, before they are bound to its state."""


class Impossible(Exception):
    """An internal event that cannot follow from what this machine has said and heard: its log, or another
    shard's, has lost something, or a machine is wrong. Going on would hide it, so the shard halts.
    """


class BehaviourUnknown(Exception):
    """A message, or state, of a version of the rules that this build does not know: another replica may."""

    def __init__(self, version: int, newest: int) -> None:
        super().__init__(version, newest)
        self.version = version
        self.newest = newest


class Outbox(Protocol):
    source: str
    """who said what is being handled, such as risk/2"""

    def send(self, destination: str, message: Any) -> None:
        """Say `message` to a partition, after everything said to it before."""
        ...


class DomainMachine(Protocol):
    @property
    def handlers(self) -> Mapping[type, Handler]:
        """By message class. A message of any other class cannot come here from an internal source."""
        ...

    @property
    def tick(self) -> int:
        """Number of the last tick that it was told; 0 where it has no time."""
        ...

    def state(self) -> State: ...

    def load(self, state: State) -> None: ...
