"""Frames that nobody can be told about."""

from bulkhead.domain.messages import dead_letters
from bulkhead.wire.kinds import BLOB, TEXT, U32
from bulkhead.wire.table.entry import REASON, entry

DEAD_LETTERS = (
    entry(
        120,
        dead_letters.DeadLetter,
        partition=TEXT,
        position=BLOB,
        reason=REASON,
        frame=BLOB,
        frame_bytes=U32,
    ),
)
