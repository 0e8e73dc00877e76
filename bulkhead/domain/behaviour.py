"""Which rules a shard goes by: their version is its state, changed by messages only.

docs/rules.md says what each version is. A new one may change what a shard asks of those it asks (risk of
books, books of settlement) and what those do; an answer that the version before does not know may only be
one to a question that it does not ask. So who is asked has to be ahead of who asks, never behind:
control/behaviour.py has them switch in that order, and here the way back waits for what is still on its way.
"""

from typing import Final

from bulkhead.domain.machine import BehaviourUnknown, Outbox, State
from bulkhead.domain.messages.behaviour import BehaviourLeft, BehaviourTaken, TakeBehaviour

NEWEST: Final = 2
"""the newest version that this build knows; it knows all before, which replays need"""
CANCELS_WHILE_CLOSED: Final = 2
"""the version from which on cancels are taken while an instrument is closed"""


def check_known(version: int) -> None:
    if version > NEWEST:
        raise BehaviourUnknown(version, NEWEST)


def check_saved(version: int) -> None:
    """Of a snapshot. ValueError: this build does not know it."""
    if version > NEWEST:
        raise ValueError(f"its rules are of version {version}, and this build knows none above {NEWEST}")


class Behaviour:
    """Of one shard. `shard`: its name; `asks`: the topic of those it asks, "" for nobody."""

    __slots__ = ("_asks", "_shard", "ended", "left", "version", "waiting")

    def __init__(self, shard: str, asks: str = "") -> None:
        self._shard = shard
        self._asks = asks
        self.version = 0
        """in force; 0 before the genesis has said it"""
        self.left: dict[str, int] = {}
        """by shard that asks: the change at which it said so, until that change has taken effect here"""
        self.waiting: TakeBehaviour | None = None
        """what takes effect when all who ask have left"""
        self.ended: set[int] = set()
        """numbers, of those it asks, of shards that are told nothing any more; who has it saves it"""

    @property
    def cancels_while_closed(self) -> bool:
        return self.version >= CANCELS_WHILE_CLOSED

    def set(self, version: int) -> None:
        """As the genesis has it."""
        check_known(version)
        self.version = version

    def take(self, event: TakeBehaviour, out: Outbox) -> None:
        check_known(event.version)
        self.waiting = event
        self._look(out)

    def leave(self, event: BehaviourLeft, out: Outbox) -> None:
        """May come before control's word: there is no order between two streams."""
        self.left[event.shard] = event.change
        self._look(out)

    def _look(self, out: Outbox) -> None:
        """Switch, if nobody has to be waited for any longer."""
        event = self.waiting
        if event is None:
            return
        if sum(change >= event.change for change in self.left.values()) < event.askers:
            return
        self.waiting = None
        self.left = {shard: change for shard, change in self.left.items() if change > event.change}
        self.version = event.version
        for number in range(event.asked):
            if number not in self.ended:
                out.send(f"{self._asks}/{number}", BehaviourLeft(event.change, self._shard, event.version))
        out.send("control/0", BehaviourTaken(event.change, self._shard, event.version))

    def state(self) -> dict[str, State]:
        """Beside the version. Nothing while nothing is going on: such snapshots stay what they were."""
        waiting = self.waiting
        if waiting is None and not self.left:
            return {}
        of = None if waiting is None else [waiting.change, waiting.version, waiting.askers, waiting.asked]
        return {"behaviour": [[[shard, change] for shard, change in sorted(self.left.items())], of]}

    def load(self, state: State) -> None:
        check_saved(state["behaviour_version"])
        self.version = state["behaviour_version"]
        left, waiting = state.get("behaviour", ((), None))
        self.left = dict(left)
        self.waiting = None if waiting is None else TakeBehaviour(*waiting)
