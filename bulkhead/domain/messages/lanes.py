"""Ways in through a gateway that move to another one, before their participants' slots do.

What is forwarded is signed for one risk shard, so the gateway beside the new one has the lane before any
participant is told MovedHere, and signs for that shard. Said by control, lane by lane (ExpectLane,
LeaveLane); then by the old ingress shard to the new one (LaneGiven), and by that to control (LaneTaken).
"""

from bulkhead.domain.message import message


@message
class ExpectLane:
    """Control -> the new ingress shard: from here on control says to it what concerns this participant."""

    move_id: int
    participant_id: str


@message
class LeaveLane:
    """Control -> the old ingress shard: its gateway forwards nothing more of this participant."""

    move_id: int
    participant_id: str
    new: int


@message
class LaneGiven:
    """The old ingress shard -> the new one: all that it knows of the lane, which it has forgotten."""

    move_id: int
    participant_id: str
    commands_per_s_max: int
    keys: bytes
    """the participant's public keys, 32 bytes each, in order"""
    ordinal: int
    """as in FramesForwarded: what comes behind is forwarded by the new one"""
    position: bytes
    refused: int
    """ordinal of the last frame that became a dead letter"""


@message
class LaneTaken:
    """The new ingress shard -> control."""

    move_id: int
    participant_id: str
