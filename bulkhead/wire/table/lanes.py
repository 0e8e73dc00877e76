"""Ways in through a gateway that move to another one."""

from bulkhead.domain.messages import lanes
from bulkhead.wire.kinds import BLOB, ID, PART, U16, U32, U63
from bulkhead.wire.table.entry import entry

LANES = (
    entry(242, lanes.ExpectLane, move_id=U63, participant_id=ID),
    entry(243, lanes.LeaveLane, move_id=U63, participant_id=ID, new=U16),
    entry(
        244,
        lanes.LaneGiven,
        move_id=U63,
        participant_id=ID,
        commands_per_s_max=U32,
        keys=PART,
        ordinal=U63,
        position=BLOB,
        refused=U63,
    ),
    entry(245, lanes.LaneTaken, move_id=U63, participant_id=ID),
)
