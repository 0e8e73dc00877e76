"""What is decided about the input of a shard, in a partition of its own: quarantine.KIND/NUMBER.

By its processes, about an event that makes their machine raise; by operators, through control, about what
makes it halt: those repairs name the place where it stands.

Each process that becomes the one that sends claims first. A decision counts if its writer's claim is the
newest before it in the partition, so one total order says which came first: the decision to skip an event,
or a process that may have applied it. A repair counts if its operator has seen all that counts before it:
what was decided in between may have led the shard on, past the place that the repair is about.
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


@message
class FrameResent:
    """Operator -> control -> the shard's decisions: what was lost of a stream, derived again from its
    source's partition. It is read just before the frame at `position`.
    """

    shard: str
    position: bytes
    source: str
    first: int
    """sequence of the first event"""
    crc: int
    """the stream's running CRC-32 before it"""
    events: int
    """how many"""
    body: bytes
    """the events, as a frame has them"""
    reason: str
    """the operator's words, for who reads the log later"""
    after: bytes
    """names the decision about the shard that was the newest when this one was made; empty: there was none.
    It counts for nothing where another has come in between"""


@message
class LossAccepted:
    """Operator -> control -> the shard's decisions: what is lost of a stream stays lost. The stream goes on
    behind it, just before the frame at `position`.
    """

    shard: str
    position: bytes
    source: str
    last: int
    """sequence of the last event that is lost"""
    crc: int
    """the stream's running CRC-32 after it"""
    cost: str
    """what is lost, in words"""
    reason: str
    after: bytes


@message
class EventReplaced:
    """Operator -> control -> the shard's decisions: this event is counted and not applied."""

    shard: str
    position: bytes
    source: str
    sequence: int
    instead: bytes
    """the event that is applied in its place; empty: none"""
    cost: str
    reason: str
    after: bytes


@message
class FrameDropped:
    """Operator -> control -> the shard's decisions: the frame at `position` is a dead letter."""

    shard: str
    position: bytes
    cost: str
    reason: str
    after: bytes
