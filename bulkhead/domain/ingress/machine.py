"""Which message goes where in an ingress shard, and its snapshot."""

from functools import partial

from bulkhead.domain.ingress import definitions, moving, progress
from bulkhead.domain.ingress.model import Entrance, Ingress
from bulkhead.domain.machine import Handler, Handling, State
from bulkhead.domain.messages import control, lanes
from bulkhead.domain.messages import ingress as messages

HANDLERS: Handling[Ingress] = {
    control.OpenIngress: definitions.open_ingress,
    control.RegisterKey: definitions.register_key,
    control.RevokeKey: definitions.revoke_key,
    lanes.ExpectLane: moving.expect_lane,
    lanes.LeaveLane: moving.leave_lane,
    lanes.LaneGiven: moving.lane_given,
    messages.FramesForwarded: progress.frames_forwarded,
    messages.FrameRefused: progress.frame_refused,
}


class IngressMachine:
    """The machine of one ingress shard. It has no time: nothing that it does waits for any."""

    tick = 0

    def __init__(self, shard: int) -> None:
        self.ingress = Ingress(shard)
        self.handlers: dict[type, Handler] = {
            kind: partial(handler, self.ingress) for kind, handler in HANDLERS.items()
        }

    def state(self) -> State:
        return {
            "entrances": [
                [
                    entrance.participant_id,
                    entrance.commands_per_s_max,
                    sorted(entrance.keys),
                    *entrance.forwarded,
                    entrance.refused,
                ]
                for _, entrance in sorted(self.ingress.entrances.items())
            ],
            **moving.save_moving(self.ingress),
        }

    def load(self, state: State) -> None:
        self.ingress.entrances = {}
        for participant_id, commands_per_s_max, keys, ordinal, position, refused in state["entrances"]:
            entrance = self.ingress.entrances[participant_id] = Entrance(participant_id)
            entrance.commands_per_s_max = commands_per_s_max
            entrance.keys = frozenset(keys)
            entrance.forwarded = (ordinal, position)
            entrance.refused = refused
        moving.load_moving(self.ingress, state)
