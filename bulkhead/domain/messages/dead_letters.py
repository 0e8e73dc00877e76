"""Any shard -> dead_letters: frames whose sender cannot be told."""

from bulkhead.domain.message import message
from bulkhead.domain.reasons import Reason


@message
class DeadLetter:
    """A frame that changed nothing."""

    partition: str
    position: bytes
    reason: Reason
    frame: bytes
    """as received, at most its first 4,096 bytes"""
    frame_bytes: int
    """its whole length"""
