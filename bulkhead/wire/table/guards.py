"""What protects a participant from itself: cancel on disconnect, market-maker protection."""

from bulkhead.domain.messages import disconnect, protection
from bulkhead.wire.kinds import KEY, LOTS, TEXT, U32, U63
from bulkhead.wire.table.entry import entry

GUARDS = (
    entry(224, disconnect.Heartbeat),
    entry(225, disconnect.SetDisconnect, request_id=TEXT, after_ms=U63),
    entry(226, disconnect.DisconnectSet, last_sequence=U63, request_id=TEXT, after_ms=U63),
    entry(
        227,
        disconnect.Disconnected,
        last_sequence=U63,
        public_key=KEY,
        after_ms=U63,
        asked=U32,
        pending=U32,
        closed=U32,
    ),
    entry(
        228,
        protection.SetProtection,
        request_id=TEXT,
        quote_group=TEXT,
        window_ms=U63,
        lots=LOTS,
        fills=U32,
    ),
    entry(229, protection.ResetProtection, request_id=TEXT, quote_group=TEXT),
    entry(
        230,
        protection.ProtectionSet,
        last_sequence=U63,
        request_id=TEXT,
        quote_group=TEXT,
        window_ms=U63,
        lots=LOTS,
        fills=U32,
    ),
    entry(
        231,
        protection.ProtectionTripped,
        last_sequence=U63,
        quote_group=TEXT,
        lots=U63,
        fills=U63,
        asked=U32,
        pending=U32,
        closed=U32,
    ),
)
