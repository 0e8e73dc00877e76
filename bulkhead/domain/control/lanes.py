"""Lanes of gateways, which go before the slots of their participants do: to the gateway that forwards to the
shard that the slots go to.

A participant is told MovedHere when the new risk shard has it, and signs for that shard from then on. By then
the lane is there: the old gateway would refuse what is signed so, and nobody would send it again.
"""

from bulkhead.domain.control.model import Control, Move
from bulkhead.domain.machine import Outbox, State
from bulkhead.domain.messages.lanes import ExpectLane, LeaveLane


def give_lanes(control: Control, move: Move, out: Outbox) -> None:
    """Of those in the move's slots who have one."""
    control.lanes = {name: False for name in control.ingress if control.participants[name] in move.slots}
    for name in sorted(control.lanes):
        # Its keys and rate are told to the new one behind this, and to the old one before.
        out.send(f"ingress/{move.new}", ExpectLane(move.number, name))
        out.send(f"ingress/{move.old}", LeaveLane(move.number, name, move.new))


def all_taken(control: Control) -> bool:
    return all(control.lanes.values())


def save_lanes(control: Control) -> dict[str, State]:
    return {"lanes": dict(sorted(control.lanes.items()))} if control.lanes else {}


def load_lanes(control: Control, state: State) -> None:
    control.lanes = dict(state.get("lanes", {}))
