"""The kill switch: from an operator through control to risk, and to participants; a participant's own."""

from bulkhead.domain.messages import kill_switch
from bulkhead.wire.kinds import BOOL, KEY, TEXT, U16, U32, U63, one_of
from bulkhead.wire.table.entry import entry

SCOPE = one_of(kill_switch.KillScope)

KILL_SWITCH = (
    entry(220, kill_switch.SetKillSwitch, scope=SCOPE, name=TEXT, on=BOOL, reason=TEXT),
    entry(
        221,
        kill_switch.ThrowKillSwitch,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        scope=SCOPE,
        name=TEXT,
        on=BOOL,
    ),
    entry(
        222,
        kill_switch.KillSwitchThrown,
        public_key=KEY,
        epoch=U63,
        sequence=U63,
        risk_shard=U16,
        scope=SCOPE,
        name=TEXT,
        on=BOOL,
        since_ms=U63,
        asked=U32,
        pending=U32,
        closed=U32,
    ),
    entry(
        223,
        kill_switch.KillSwitchChanged,
        last_sequence=U63,
        scope=SCOPE,
        name=TEXT,
        on=BOOL,
        asked=U32,
        pending=U32,
        closed=U32,
    ),
    entry(238, kill_switch.KillOwn, request_id=TEXT),
    entry(239, kill_switch.ReleaseOwn, request_id=TEXT),
    entry(
        240,
        kill_switch.OwnKillSwitchSet,
        last_sequence=U63,
        request_id=TEXT,
        on=BOOL,
        asked=U32,
        pending=U32,
        closed=U32,
    ),
)
