"""Processes that run an older build of the exchange: it knows the first version of the rules and no other.

One that is told of a later version, or finds it in a snapshot, halts itself; after a while an operator puts a
new one in its place.
"""

from typing import Any

from bulkhead.domain.behaviour import NEWEST
from bulkhead.domain.machine import BehaviourUnknown
from bulkhead.domain.messages.behaviour import TakeBehaviour
from bulkhead.machines.reference import ReferenceMachine

OLD_NEWEST = NEWEST - 1
"""what it knows"""
WORDS = "none above"
"""in what it says when it halts"""


class Builds:
    """Which actors (a shard, and which of its replicas) run the old build from their next process on."""

    def __init__(self) -> None:
        self.old: set[tuple[str, str]] = set()
        self._parties: set[str] = set()
        """processes of the old build"""

    def begins(self, party: str, name: str, replica: str) -> None:
        if (name, replica) in self.old:
            self._parties.add(party)

    def is_old(self, party: str) -> bool:
        return party in self._parties

    def is_out_of_date(self, party: str, why: str) -> bool:
        """It halted because of a version that it does not know."""
        return party in self._parties and WORDS in why


def old_build(machine: ReferenceMachine) -> ReferenceMachine:
    """`machine`, as the older build has it."""
    domain: Any = machine.domain
    take, load = domain.handlers[TakeBehaviour], domain.load

    def take_what_is_known(event: TakeBehaviour, out: Any) -> None:
        if event.version > OLD_NEWEST:
            raise BehaviourUnknown(event.version, OLD_NEWEST)
        take(event, out)

    def load_what_is_known(state: Any) -> None:
        if state["behaviour_version"] > OLD_NEWEST:
            raise ValueError(
                f"its rules are of a version that this build does not know, {WORDS} {OLD_NEWEST}"
            )
        load(state)

    domain.handlers[TakeBehaviour] = take_what_is_known
    domain.load = load_what_is_known
    return machine
