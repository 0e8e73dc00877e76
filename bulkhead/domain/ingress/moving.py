"""Lanes that go to the gateway of another risk shard, and come from one.

The gateway may have forwarded more than its machine knows of when it gives a lane away. The new one finds
those frames again, signed for the old shard, and passes them over, as it does with what nobody has forwarded:
when the slots have moved the participant is told which of them were taken, and sends the others again.
"""

from typing import Final

from bulkhead.domain.ingress.model import Entrance, Ingress, Lane
from bulkhead.domain.machine import Impossible, Outbox, State
from bulkhead.domain.messages.lanes import ExpectLane, LaneGiven, LaneTaken, LeaveLane

KEY_BYTES: Final = 32


def expect_lane(ingress: Ingress, event: ExpectLane, out: Outbox) -> None:
    # The lane may be here already: there is no order between control's word and the other shard's.
    if event.participant_id not in ingress.entrances:
        ingress.expected[event.participant_id] = Lane()


def leave_lane(ingress: Ingress, event: LeaveLane, out: Outbox) -> None:
    entrance = ingress.entrances.pop(event.participant_id, None)
    if entrance is None:
        raise Impossible(f"{event.participant_id} is to leave ingress/{ingress.shard}, and is not there")
    entrance.gone = True
    ingress.left.add(event.participant_id)
    given = LaneGiven(
        event.move_id,
        event.participant_id,
        entrance.commands_per_s_max,
        b"".join(sorted(entrance.keys)),
        *entrance.forwarded,
        entrance.refused,
    )
    out.send(f"ingress/{event.new}", given)


def lane_given(ingress: Ingress, event: LaneGiven, out: Outbox) -> None:
    if event.participant_id in ingress.entrances:
        raise Impossible(f"{event.participant_id} comes to ingress/{ingress.shard}, and is there already")
    told = ingress.expected.pop(event.participant_id, None) or Lane()
    entrance = ingress.entrances[event.participant_id] = Entrance(event.participant_id)
    entrance.has_moved = True
    # What control has said here is later than anything that it had said there.
    entrance.commands_per_s_max = told.commands_per_s_max or event.commands_per_s_max
    keys = (event.keys[at : at + KEY_BYTES] for at in range(0, len(event.keys), KEY_BYTES))
    entrance.keys = frozenset(keys) - told.revoked | told.keys
    entrance.forwarded = event.ordinal, event.position
    entrance.refused = event.refused
    ingress.left.discard(event.participant_id)
    out.send("control/0", LaneTaken(event.move_id, event.participant_id))


def save_moving(ingress: Ingress) -> dict[str, State]:
    """Nothing where nothing has ever moved: such snapshots stay what they were."""
    moved = [name for name, entrance in sorted(ingress.entrances.items()) if entrance.has_moved]
    expected = [
        [name, lane.commands_per_s_max, sorted(lane.keys), sorted(lane.revoked)]
        for name, lane in sorted(ingress.expected.items())
    ]
    found: dict[str, State] = {"moved": moved, "expected": expected, "left": sorted(ingress.left)}
    return {name: rows for name, rows in found.items() if rows}


def load_moving(ingress: Ingress, state: State) -> None:
    for name in state.get("moved", ()):
        ingress.entrances[name].has_moved = True
    ingress.expected = {}
    for name, commands_per_s_max, keys, revoked in state.get("expected", ()):
        lane = ingress.expected[name] = Lane()
        lane.commands_per_s_max, lane.keys, lane.revoked = commands_per_s_max, set(keys), set(revoked)
    ingress.left = set(state.get("left", ()))
