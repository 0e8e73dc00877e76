"""What a shard's processes say to each other about an event that they can't apply: quarantine.KIND/NUMBER.

Each process that becomes the one that sends claims first. A decision counts if its writer's claim is the
newest before it in the partition, so one total order says which came first: the decision to skip an event,
or a process that may have applied it.
"""

from bulkhead.domain.message import message


@message
class PrimaryClaimed:
    """From here on decisions of whoever claimed before count for nothing."""

    claimant: bytes
    """drawn for each claim"""


@message
class EventSkipped:
    """The machine raises on this event, from the state before it too: nobody is to apply it."""

    claimant: bytes
    position: bytes
    """of its frame in the shard's partition"""
    source: str
    """whose stream it is in"""
    sequence: int
    """in that stream"""
    events_applied: int
    """by the machine before that frame, in all its history: orders positions, which are opaque"""
    subject: str
    """what halts, such as "instrument BTC-USD" or "account alice" """
    event: bytes
    """its first 4,096 bytes"""
    why: str
    """the exception, for a person"""
    decided_at_us: int
    """the decider's wall time: an annotation"""
