"""A gateway to its own partition."""

from bulkhead.domain.messages import ingress
from bulkhead.wire.kinds import BLOB, ID, U32, U63
from bulkhead.wire.table.entry import REASON, entry

INGRESS = (
    entry(90, ingress.FramesForwarded, participant_id=ID, ordinal=U63, position=BLOB),
    entry(
        91,
        ingress.FrameRefused,
        participant_id=ID,
        ordinal=U63,
        position=BLOB,
        reason=REASON,
        frame=BLOB,
        frame_bytes=U32,
    ),
)
