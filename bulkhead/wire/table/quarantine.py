"""What a shard, or an operator for it, decides about its own inputs."""

from bulkhead.domain.messages import quarantine
from bulkhead.wire.kinds import BLOB, BODY, NAME, NOTE, TEXT, U32, U63
from bulkhead.wire.table.entry import entry

QUARANTINE = (
    entry(62, quarantine.PrimaryClaimed, claimant=BLOB),
    entry(
        63,
        quarantine.EventSkipped,
        claimant=BLOB,
        position=BLOB,
        source=NAME,
        sequence=U63,
        events_applied=U63,
        subject=TEXT,
        event=BLOB,
        why=NOTE,
        decided_at_us=U63,
    ),
    entry(
        64,
        quarantine.FrameResent,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        first=U63,
        crc=U32,
        events=U32,
        body=BODY,
        reason=TEXT,
        after=BLOB,
    ),
    entry(
        65,
        quarantine.LossAccepted,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        last=U63,
        crc=U32,
        cost=NOTE,
        reason=TEXT,
        after=BLOB,
    ),
    entry(
        66,
        quarantine.EventReplaced,
        shard=TEXT,
        position=BLOB,
        source=NAME,
        sequence=U63,
        instead=BLOB,
        cost=NOTE,
        reason=TEXT,
        after=BLOB,
    ),
    entry(67, quarantine.FrameDropped, shard=TEXT, position=BLOB, cost=NOTE, reason=TEXT, after=BLOB),
)
