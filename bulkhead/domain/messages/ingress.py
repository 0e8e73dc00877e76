"""Ingress gateway -> ingress: what it did with the frames in a participant's own topic."""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason


@message
class FramesForwarded:
    """Every frame of the participant's topic up to this one is in its risk shard's partition, or refused."""

    participant_id: str
    ordinal: int
    """how many frames that is, counted from the topic's first"""
    position: bytes
    """of the last of them"""


@message
class FrameRefused:
    """A frame that is not forwarded; told before FramesForwarded passes it."""

    participant_id: str
    ordinal: int
    """which frame of the topic it is, from 1"""
    position: bytes
    reason: Reason
    frame: bytes
    """as received, at most its first 4,096 bytes"""
    frame_bytes: int
    """its whole length"""
